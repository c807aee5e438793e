"""Which labels of decisions teach the model, with what weight, and which only judge it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from modelops import sources
from modelops.labels import collect_holdout, collect_labels
from moderation.models import Analysis, AnalysisLabel, QueueItem, ReviewDecision
from moderation.selectors import newest_labels
from moderation.services import erase_analysis, label_analysis
from moderation.services.decide_batch import Selection, decide_batch
from moderation.services.decide_item import decide_item
from moderation.services.open_rounds import new_round
from moderation.services.undo_decision import undo_decision
from tests.moderation.items import stored, waiting

pytestmark = pytest.mark.django_db


def decided(text: str, by: User, action: str = "reject", **fields: Any) -> ReviewDecision:
    category = "insult" if action == "reject" else ""
    return decide_item(item=waiting(text), action=action, by=by, **{"category": category} | fields)


def audited(text: str, by: User, action: str = "reject") -> ReviewDecision:
    item = new_round(analysis=stored(text, score=0.1), kind=QueueItem.Kind.AUDIT, blind=True)
    item.save()
    category = "insult" if action == "reject" else ""
    return decide_item(item=item, action=action, category=category, by=by)


def learned() -> dict[str, tuple[bool, float, str]]:
    return {
        row.text: (row.toxic, row.weight, row.provenance)
        for row in sources.labelled_texts()
        if row.source == "history"
    }


def judged() -> dict[str, bool]:
    return {row.text: row.toxic for row in sources.holdout_texts()}


def test_decisions_teach_with_weight_and_provenance(moderator: User) -> None:
    decided("uno", moderator)
    decided("dos", moderator, "approve")
    decided("tres", moderator, category="spam")  # says nothing about the tone
    batch = [stored("cuatro").pk, stored("cinco").pk]
    decide_batch(selection=Selection(ids=batch), action="approve", by=moderator)
    label_analysis(analysis=stored("seis"), toxic=True, by=moderator)
    assert learned() == {
        "uno": (True, 1.0, "single"),
        "dos": (False, 1.0, "single"),
        "cuatro": (False, 0.3, "batch"),
        "cinco": (False, 0.3, "batch"),
        "seis": (True, 1.0, ""),
    }
    assert sources.count_labels() == 5
    assert judged() == {}
    labels = collect_labels().labels
    weights = dict(zip(labels.texts, labels.weights.tolist(), strict=True))
    assert (weights["uno"], weights["cuatro"]) == (1.0, 0.3)


def test_a_verdict_of_the_model_alone_is_no_label(moderator: User) -> None:
    stored("Eres un idiota")
    decide_item(item=waiting("Menudo idiota"), action="escalate", by=moderator)
    assert learned() == {}
    assert sources.count_labels() == 0


def test_what_was_undone_is_unlearned(moderator: User) -> None:
    first = label_analysis(analysis=stored("uno"), toxic=False, by=moderator)
    decision = decide_item(
        item=first.analysis.rounds.get(), action="reject", category="insult", by=moderator
    )
    decision.analysis.refresh_from_db()
    assert learned() == {"uno": (True, 1.0, "single")}
    undo_decision(decision=decision, by=moderator)
    assert learned() == {"uno": (False, 1.0, "")}  # the label before it stands again
    assert [label.pk for label in newest_labels()] == [first.pk]
    AnalysisLabel.objects.update(withdrawn_at=timezone.now())
    assert learned() == {}
    assert sources.count_labels() == 0
    assert list(newest_labels()) == []


def test_audits_judge_and_never_teach(moderator: User) -> None:
    audited("uno", moderator)
    audited("dos", moderator, "approve")
    decided("tres", moderator)
    # the same text in another analysis: a model that judges by it must not know it
    label_analysis(analysis=stored("uno"), toxic=True, by=moderator)
    assert judged() == {"uno": True, "dos": False}
    assert set(learned()) == {"tres", "uno"}
    collected = collect_labels()
    assert list(collected.labels.texts) == ["tres"]
    assert collected.counts.sealed == 1
    assert set(collect_holdout().labels.texts) == {"uno", "dos"}


def test_an_audit_that_was_undone_judges_no_more(moderator: User) -> None:
    decision = audited("uno", moderator)
    undo_decision(decision=decision, by=moderator)
    assert judged() == {}


def test_what_was_erased_neither_teaches_nor_judges(moderator: User, lead: User) -> None:
    for decision in (decided("uno", moderator), audited("dos", moderator)):
        erase_analysis(analysis=decision.analysis, by=lead)
    assert learned() == {}
    assert judged() == {}


def test_a_withdrawn_label_is_no_answer_in_lists(
    api_as: Any, make_user: Any, moderator: User
) -> None:
    decision = decided("Eres un idiota", moderator)
    assert Analysis.objects.get().newest_label.toxic
    undo_decision(decision=decision, by=moderator)
    parts = {"intercept": 0.0, "rest": 0.0, "logit": 0.0, "start": 0, "end": 1}
    Analysis.objects.update(explanation=parts)
    api = api_as(moderator)
    assert api.get(f"/api/analyses/{decision.analysis_id}").json()["label"] is None
    assert api.get("/api/analyses?labelled=true").json()["results"] == []
    assert len(api.get("/api/analyses?labelled=false").json()["results"]) == 1
    admin = Client()
    admin.force_login(
        make_user("boss", is_staff=True, is_superuser=True),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    for answer, count in (("yes", 0), ("no", 1)):
        page = admin.get(f"/admin/moderation/analysis/?labelled={answer}")
        assert page.context["cl"].result_count == count


def test_an_export_says_how_labels_came_about(tmp_path: Path, moderator: User) -> None:
    decided("uno", moderator)
    decide_batch(selection=Selection(ids=[stored("dos").pk]), action="approve", by=moderator)
    label_analysis(analysis=stored("tres"), toxic=True, by=moderator)
    undo_decision(decision=decided("cuatro", moderator), by=moderator)
    path = tmp_path / "labels.csv"
    call_command("export_labels", str(path))
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    said = {row["text"]: [row[n] for n in ("decision", "mode", "weight", "policy")] for row in rows}
    assert said == {
        "uno": ["reject", "single", "1.0", "1"],
        "dos": ["approve", "batch", "0.3", "1"],
        "tres": ["", "", "1.0", ""],
    }
