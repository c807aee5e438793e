"""The gate with what a site has: its sentences, recent texts, holdouts and thresholds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelops.judging import Scored, judge_challenger
from modelops.ml.artifacts import read_numeric
from modelops.models import Dataset, Door, ModelVersion, MustPassSentence
from modelops.services.import_dataset import import_dataset
from modelops.services.set_thresholds import set_thresholds
from tests.modelops.models import write_small_model
from tests.modelops.recent import Recent, hold_recent, scored

ADDED = "eres un tonto"


@pytest.fixture
def judged(tmp_path: Path) -> Any:
    """Judge a challenger that hardly minds toxic words, or the champion itself."""
    champion = write_small_model(tmp_path / "champion")
    weak = write_small_model(tmp_path / "weak", strength=2.0)

    def judge(challenger: Path = weak, **options: Any) -> dict[str, Any]:
        return judge_challenger(
            champion=Scored.of(read_numeric(champion), champion),
            challenger=Scored.of(read_numeric(challenger), challenger),
            **{"seed": 3, "quick": False, **options},
        )

    judge.champion = champion  # type: ignore[attr-defined]
    return judge


def failed(report: dict[str, Any]) -> list[str]:
    found = [r for r in report["refusals"] if r["code"] == "must_pass"]
    return [sentence["text"] for refusal in found for sentence in refusal["failed"]]


def test_a_model_passes_against_itself(db: None, judged: Any) -> None:
    report = judged(judged.champion, quick=True)
    assert (report["passed"], report["quick"], report["seed"]) == (True, True, 3)


def test_sentences_that_leads_add_count_while_they_are_active(db: None, judged: Any) -> None:
    before = judged()
    row = MustPassSentence.objects.create(text=ADDED, language="es", toxic=True)
    after = judged()
    assert after["figures"]["must_pass"]["sentences"] == (
        before["figures"]["must_pass"]["sentences"] + 1
    )
    assert ADDED not in failed(before)
    (refusal,) = [r for r in after["refusals"] if r["code"] == "must_pass"]
    lost = next((r["count"] for r in before["refusals"] if r["code"] == "must_pass"), 0)
    assert refusal["count"] == lost + 1
    MustPassSentence.objects.filter(pk=row.pk).update(active=False)
    assert judged()["figures"] | {"latency": 0} == before["figures"] | {"latency": 0}


def test_a_site_may_judge_one_of_the_projects_sentences_otherwise(db: None, judged: Any) -> None:
    text = "Cállate de una vez, idiota"
    assert text in failed(judged())
    MustPassSentence.objects.create(text=text, language="es", toxic=False)
    assert text not in failed(judged())


def test_recent_texts_are_scored_by_both(
    db: None, judged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_recent(monkeypatch, Recent(scored(*[0.5] * 120)))
    found = judged()["figures"]["recent"]
    assert (found["texts"], found["judged"]) == (120, True)


def test_the_sites_thresholds_are_those_that_would_serve(live: ModelVersion, judged: Any) -> None:
    assert failed(judged())
    always = {language: {"review": 0.0, "block": 1.0} for language in ("es", "en")}
    set_thresholds(thresholds=always, base_rate=None, by=None, reason="", door=Door.PYTHON)
    assert not failed(judged())


def test_active_holdouts_judge(db: None, judged: Any, tmp_path: Path) -> None:
    path = tmp_path / "holdout.csv"
    rows = [f"tonto {n},1,es" for n in range(60)] + [f"gracias {n},0,es" for n in range(60)]
    path.write_text("\n".join(["text,toxic,language", *rows]), encoding="utf-8")
    import_dataset(path=path, name="sealed", by=None, split=Dataset.Split.HOLDOUT)
    report = judged()
    assert report["figures"]["holdout"]["es"]["rows"] == 120
    assert [r["language"] for r in report["refusals"] if r["code"] == "f1"] == ["es"]
    Dataset.objects.update(active=False)
    assert judged()["figures"]["holdout"] == {}
