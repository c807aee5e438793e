"""The gate: what it refuses, what it lets pass, and that it says why in numbers."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from modelops.ml.bootstrap import Ranked, paired_intervals
from modelops.ml.evaluation import auc
from modelops.ml.gate import (
    NARROW_ENOUGH,
    QUICK_ROWS,
    SIZE_CAP,
    SMALL_SIZE,
    Contender,
    GateReport,
    MustPass,
    judge,
)
from modelops.ml.labels import SiteLabel, SiteLabels
from modelops.ml.scorer import Scorer
from tests.modelops.models import WORDS, small_model

MUST_PASS = (
    MustPass("Eres un idiota", "es", True),
    MustPass("Muchas gracias", "es", False),
    MustPass("You are stupid", "en", True),
)


def contender(size: int = 1000, **weights: float) -> Contender:
    """The small model, with other weights for some words."""
    model = small_model()
    changed = model.weights.copy()
    for word, weight in weights.items():
        changed[WORDS.index(word), 0] = weight
    scorer = Scorer.from_numeric(replace(model, weights=changed))
    return Contender(scorer, scorer.thresholds, size)


def still() -> float:
    """A clock that stands: everything takes no time."""
    return 0.0


def taking(champion: float, challenger: float) -> Callable[[], float]:
    """A clock by which scoring the texts takes the contenders these seconds, by turns."""
    now, calls = 0.0, itertools.count()

    def clock() -> float:
        nonlocal now
        call = next(calls)
        if call % 2:
            now += (champion, challenger)[call // 2 % 2]
        return now

    return clock


def texts(word: str, count: int) -> Iterator[str]:
    """Different texts with this word, all alike to the model, which reads every figure as 0."""
    return (f"{word} {number}" for number in range(100_000, 100_000 + count))


def holdout(count: int, *, languages: tuple[str, ...] = ("es",)) -> SiteLabels:
    """Per language half toxic (tonto in Spanish, stupid in English), half innocent texts."""
    toxic = {"es": "tonto", "en": "stupid"}
    innocent = {"es": "gracias", "en": "thanks"}
    return SiteLabels.of(
        SiteLabel(text, label, language)
        for language in languages
        for label, word in ((True, toxic[language]), (False, innocent[language]))
        for text in texts(word, count // 2)
    )


def judged(challenger: Contender, champion: Contender | None = None, **inputs: Any) -> GateReport:
    given: dict[str, Any] = {
        "must_pass": (),
        "holdout": SiteLabels.of([]),
        "recent": (),
        "seed": 7,
        "clock": still,
        **inputs,
    }
    return judge(champion=champion or contender(), challenger=challenger, **given)


def codes(report: GateReport) -> list[str]:
    return [refusal.code for refusal in report.refusals]


# --- an equal model --------------------------------------------------------------------------


def test_an_equal_model_passes_on_everything() -> None:
    report = judged(
        contender(),
        must_pass=MUST_PASS,
        holdout=holdout(200, languages=("es", "en")),
        recent=[(text, "es") for text in texts("tonto", 150)],
        clock=taking(0.01, 0.01),
    )
    assert report.passed
    found = report.to_json()["figures"]
    assert found["must_pass"] == {"sentences": 3, "champion_passes": 3, "challenger_passes": 3}
    assert found["holdout"]["es"]["auc"]["half_width"] == 0.0
    assert found["recent"]["judged"] is True


def test_an_equal_model_passes_where_both_are_slow_and_large() -> None:
    large = contender(size=SIZE_CAP * 2)
    report = judged(large, large, must_pass=MUST_PASS, clock=taking(1.0, 1.0))
    assert report.passed, report.refusals


def test_without_anything_to_judge_by_it_passes() -> None:
    assert judged(contender(idiota=-5.0)).passed


# --- (a) must-pass sentences ------------------------------------------------------------------


def test_a_lost_sentence_is_refused_and_named() -> None:
    report = judged(contender(idiota=0.0), must_pass=MUST_PASS)
    assert codes(report) == ["must_pass"]
    facts = report.refusals[0].facts
    assert facts["count"] == 1
    assert facts["failed"][0]["text"] == "Eres un idiota"
    assert facts["failed"][0]["score"] < facts["failed"][0]["threshold"] == 0.4


def test_an_innocent_sentence_that_is_flagged_now_is_refused() -> None:
    assert codes(judged(contender(gracias=9.0), must_pass=MUST_PASS)) == ["must_pass"]


def test_what_the_champion_fails_as_well_does_not_count() -> None:
    unknown = (MustPass("eres un zopenco", "es", True),)
    assert judged(contender(), must_pass=unknown).passed


def test_the_thresholds_of_the_site_decide_what_is_flagged() -> None:
    strict = replace(contender(), thresholds={"es": {"review": 0.99999, "block": 1.0}})
    report = judged(strict, must_pass=MUST_PASS[:1])
    assert codes(report) == ["must_pass"]
    assert judged(strict, strict, must_pass=MUST_PASS[:1]).passed


# --- (b) holdouts -----------------------------------------------------------------------------


def test_a_loss_in_one_language_is_refused_for_that_language() -> None:
    report = judged(contender(tonto=-4.0), holdout=holdout(400, languages=("es", "en")))
    assert codes(report) == ["auc", "f1"]
    for refusal in report.refusals:
        assert refusal.facts["language"] == "es"
        assert refusal.facts["low"] < -0.02
        assert refusal.facts["half_width"] <= NARROW_ENOUGH
    english = report.figures["holdout"]["en"]
    assert english["auc"]["delta"] == english["f1"]["delta"] == 0.0


def test_a_gain_passes() -> None:
    weak = contender(tonto=0.0)
    report = judged(contender(), weak, holdout=holdout(400))
    assert report.passed
    assert report.figures["holdout"]["es"]["f1"]["delta"] > 0.5


def test_a_few_texts_do_not_judge() -> None:
    report = judged(contender(tonto=-4.0), holdout=holdout(30))
    assert report.passed
    assert report.figures["holdout"]["es"] == {"rows": 30, "toxic": 15}


def test_an_interval_that_is_too_wide_does_not_judge() -> None:
    rows = SiteLabels.of(
        SiteLabel(text, label, "es")
        for word, label, count in (
            ("tonto", True, 20), ("idiota", True, 20), ("gracias", False, 40),
        )
        for text in texts(word, count)
    )  # fmt: skip
    report = judged(contender(tonto=-4.0), holdout=rows)
    assert report.passed
    found = report.figures["holdout"]["es"]["auc"]
    assert found["half_width"] > NARROW_ENOUGH
    assert found["judged"] is False
    assert found["delta"] < -0.1


def test_quick_looks_at_fewer_rows() -> None:
    rows = holdout(QUICK_ROWS + 200)
    report = judged(contender(), holdout=rows, quick=True)
    assert report.quick
    assert report.figures["holdout"]["es"]["rows"] == QUICK_ROWS
    assert judged(contender(), holdout=rows).figures["holdout"]["es"]["rows"] == len(rows)


# --- (c) recent texts -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("total", "moved", "refused"), [(99, 99, False), (100, 5, False), (100, 6, True)]
)
def test_the_flag_rate_may_move_by_five_points(total: int, moved: int, refused: bool) -> None:
    recent = [(text, "es") for text in texts("tonto", moved)]
    recent += [(text, None) for text in texts("gracias", total - moved)]
    report = judged(contender(tonto=-4.0), recent=recent)
    assert codes(report) == (["flag_rate"] if refused else [])
    assert report.figures["recent"]["judged"] is (total >= 100)


def test_a_model_that_flags_more_is_refused_as_well() -> None:
    recent = [(text, "es") for text in texts("gracias", 100)]
    report = judged(contender(gracias=9.0), recent=recent)
    assert report.refusals[0].facts["challenger"] == 1.0
    assert report.refusals[0].facts["champion"] == 0.0


# --- (d) size and latency ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        (1000, SMALL_SIZE, False),  # small models may grow as they like
        (1000, SMALL_SIZE + 1, True),
        (10_000_000, 40_000_000, False),
        (10_000_000, 40_000_001, True),
        (60_000_000, SIZE_CAP, False),
        (60_000_000, SIZE_CAP + 1, True),
        (SIZE_CAP + 10, SIZE_CAP + 9, False),  # the champion is no better
    ],
)
def test_size_has_limits(before: int, after: int, refused: bool) -> None:
    report = judged(contender(size=after), contender(size=before))
    assert codes(report) == (["size"] if refused else [])


@pytest.mark.parametrize(
    ("before", "after", "refused"),  # milliseconds a text
    [
        (0.1, 1.9, False),  # nobody notices
        (1.0, 2.1, True),
        (4.0, 5.9, False),
        (4.0, 6.1, True),
        (15.0, 20.5, True),
        (40.0, 48.0, False),  # noise between equals
        (40.0, 51.0, True),
    ],
)
def test_latency_has_limits(before: float, after: float, refused: bool) -> None:
    scale = len(MUST_PASS) / 1000  # seconds for all texts
    clock = taking(before * scale, after * scale)
    report = judged(contender(), must_pass=MUST_PASS, clock=clock)
    assert codes(report) == (["latency"] if refused else [])
    assert report.figures["latency"]["challenger_ms"] == pytest.approx(after)


# --- the report -------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_report() -> None:
    rows = SiteLabels.of(
        SiteLabel(text, label, "es")
        for word in ("tonto", "gracias", "idiota")
        for number, text in enumerate(texts(word, 90))
        for label in [number % 3 > 0]
    )
    first, again, other = (
        judged(contender(tonto=-1.0), holdout=rows, seed=seed).to_json() for seed in (1, 1, 2)
    )
    assert first == again
    assert first["seed"] == 1
    assert first["figures"]["holdout"] != other["figures"]["holdout"]


def test_the_report_is_plain_json() -> None:
    report = judged(
        contender(size=SIZE_CAP * 2, tonto=-4.0, idiota=0.0),
        must_pass=MUST_PASS,
        holdout=holdout(400),
        recent=[(text, "es") for text in texts("tonto", 100)],
        clock=taking(0.1, 1.0),
    )
    plain = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert plain["passed"] is False
    assert [refusal["code"] for refusal in plain["refusals"]] == [
        "must_pass", "auc", "f1", "flag_rate", "size", "latency",
    ]  # fmt: skip


def test_progress_is_told_step_by_step() -> None:
    told: list[tuple[float, str]] = []
    judged(contender(), report=lambda share, step: told.append((share, step)))
    assert [step for _, step in told] == [
        "gate:must_pass", "gate:holdout", "gate:recent", "gate:size", "gate:latency",
    ]  # fmt: skip
    assert [share for share, _ in told] == sorted(share for share, _ in told)


# --- the bootstrap ----------------------------------------------------------------------------


def test_auc_by_counts_is_the_auc_of_the_repeated_texts() -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        labels = rng.permutation(np.arange(40) < rng.integers(1, 40))
        scores = rng.integers(0, 8, 40) / 8.0  # many ties
        toxic = rng.integers(0, 4, (1, labels.sum()))
        innocent = rng.integers(0, 4, (1, (~labels).sum()))
        toxic[0, 0] = innocent[0, 0] = 1
        counts = np.zeros(40, dtype=int)
        counts[labels], counts[~labels] = toxic[0], innocent[0]
        expected = auc(np.repeat(labels, counts), np.repeat(scores, counts))
        found = Ranked.of(labels, scores).auc(toxic, innocent)
        assert found == pytest.approx([expected])


def test_the_interval_covers_what_a_plain_bootstrap_finds() -> None:
    rng = np.random.default_rng(5)
    labels = np.arange(300) < 100
    first = rng.normal(size=300) + labels
    second = first + rng.normal(size=300) * 0.3
    flags = [first > 1.0, second > 1.0]
    ranked = [Ranked.of(labels, first), Ranked.of(labels, second)]
    interval = paired_intervals(
        labels, ranked, flags, resamples=2000, confidence=0.95, rng=np.random.default_rng(1)
    )["auc"]
    differences = []
    for _ in range(2000):
        rows = np.concatenate([rng.integers(0, 100, 100), rng.integers(100, 300, 200)])
        differences.append(auc(labels[rows], second[rows]) - auc(labels[rows], first[rows]))
    low, high = np.quantile(differences, [0.025, 0.975])
    assert interval.challenger - interval.champion == pytest.approx(
        auc(labels, second) - auc(labels, first)
    )
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.003)
