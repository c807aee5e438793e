"""Appeals, reports and notes; what erasing does to them; texts without a score."""

from __future__ import annotations

import pytest

from modelops import serving
from moderation.errors import (
    AlreadySettled,
    AppealOpen,
    NothingToAppeal,
    NotScorable,
    SamePerson,
)
from moderation.models import (
    AnalysisLabel,
    Appeal,
    CommunityReport,
    Note,
    QueueItem,
    ReviewDecision,
    UnscoredText,
)
from moderation.selectors import newest_labels
from moderation.selectors_queue import item_detail, open_item, queue_for
from moderation.services import erase_analysis
from moderation.services.another_look import add_note, appeal_analysis, report_analysis
from moderation.services.claims import claim_item
from moderation.services.decide_item import decide_item
from moderation.services.rescore_items import rescore_items, rescore_waiting
from moderation.services.undo_decision import undo_decision
from moderation.services.unscored import dismiss_unscored, keep_unscored, score_unscored
from tests.moderation.conftest import TOXIC
from tests.moderation.items import stored, waiting

pytestmark = pytest.mark.django_db


@pytest.fixture
def rejected(moderator) -> ReviewDecision:
    return decide_item(item=waiting(), action="reject", category="insult", by=moderator)


def appeal(decision: ReviewDecision, by, **kwargs) -> QueueItem:
    return appeal_analysis(
        analysis=decision.analysis, by=by, **{"text": "Era una cita", "by_author": True} | kwargs
    )


# --- appeals ----------------------------------------------------------------------------------


def test_an_appeal_is_decided_by_somebody_else(rejected, moderator, make_user, integration) -> None:
    item = appeal(rejected, integration)
    assert item.priority == rejected.item.priority + 0.5
    assert item not in queue_for(moderator)
    for take in (
        lambda: claim_item(item=item, by=moderator),
        lambda: decide_item(item=item, action="approve", by=moderator),
    ):
        with pytest.raises(SamePerson):
            take()
    assert not item_detail(item, moderator).may_decide

    other = make_user("other", "Moderators")
    assert item in queue_for(other)
    detail = item_detail(item, other)
    assert (detail.appeal.text, detail.decisions) == ("Era una cita", [rejected])
    granted = decide_item(item=item, action="approve", reply="Tienes razón", by=other)
    assert (granted.mode, granted.reply) == ("appeal", "Tienes razón")
    label = AnalysisLabel.objects.get(decision=granted)
    assert (label.toxic, label.weight) == (False, 1.5)
    # who decided on the appeal may think better of it, and decide on it again
    undo_decision(decision=granted, by=other)
    decide_item(item=item, action="reject", category="insult", by=other)


def test_an_outcome_that_says_nothing_leaves_no_label(
    rejected, moderator, make_user, integration
) -> None:
    item = appeal(rejected, integration)
    other = make_user("other", "Moderators")
    outcome = decide_item(item=item, action="reject", category="spam", by=other)
    assert not newest_labels().exists()
    undo_decision(decision=outcome, by=other)
    assert newest_labels().get().decision == rejected


def test_what_cannot_be_appealed(rejected, integration, lead) -> None:
    undecided = waiting("sin decidir")
    with pytest.raises(AppealOpen):
        appeal_analysis(analysis=undecided.analysis, text="", by=integration, by_author=True)
    with pytest.raises(NothingToAppeal):
        appeal_analysis(analysis=stored("Gracias", score=0.1), text="", by=lead, by_author=False)
    item = appeal(rejected, integration)
    with pytest.raises(AppealOpen):
        appeal(rejected, lead)
    assert Appeal.objects.get().item == item


# --- reports and notes ------------------------------------------------------------------------


def test_reports_raise_an_item_and_open_a_round(integration, moderator) -> None:
    item = waiting(score=0.6)
    report, new = report_analysis(
        analysis=item.analysis, reporter="lucia", category="threat", reason="Da mi casa",
        by=integration,
    )  # fmt: skip
    assert new
    again = report_analysis(analysis=item.analysis, reporter="lucia", by=integration)
    assert again == (report, False)
    for _ in range(2):  # nobody's name: each counts
        report_analysis(analysis=item.analysis, by=integration)
    item.refresh_from_db()
    assert (item.reports, item.kind) == (3, "review")
    assert item.priority == pytest.approx(0.6 + 0.5 * 2 / 4)
    assert len(item_detail(item, moderator).reports) == 3

    allowed = stored("Gracias", score=0.1)
    report_analysis(analysis=allowed, reporter="lucia", by=integration)
    assert open_item(allowed).kind == "reported"


def test_a_report_moves_an_audit_without_telling_what_it_is(settings, integration) -> None:
    settings.AUDIT_SHARE = 1.0
    audit = waiting("Gracias", score=0.01)
    report_analysis(analysis=audit.analysis, reporter="lucia", by=integration)
    before = audit.priority
    audit.refresh_from_db()
    assert (audit.kind, audit.blind) == ("audit", True)
    assert audit.priority == pytest.approx(before + 0.125)


def test_notes_stay_inside(moderator) -> None:
    item = waiting()
    note = add_note(analysis=item.analysis, text="Ya escribió ayer", by=moderator)
    assert item_detail(item, moderator).notes == [note]


# --- erasing ----------------------------------------------------------------------------------


def test_erasing_leaves_no_words_and_nothing_to_decide(
    rejected, integration, moderator, lead
) -> None:
    analysis = rejected.analysis
    ReviewDecision.objects.update(reason="dice idiota", reply="lo siento")
    item = appeal(rejected, integration)
    claim_item(item=item, by=lead)
    report_analysis(analysis=analysis, reporter="lucia", reason="me insulta", by=integration)
    add_note(analysis=analysis, text="idiota", by=moderator)
    keep_unscored(texts=[UnscoredText(text=analysis.text, problem="failed", analysis=analysis)])

    erase_analysis(analysis=analysis, by=lead)
    item.refresh_from_db()
    assert (item.state, item.claimed_by) == ("closed", None)
    assert Appeal.objects.get().text == Note.objects.get().text == ""
    report = CommunityReport.objects.get()
    assert report.reporter == report.reason == ""
    unscored = UnscoredText.objects.get()
    assert (unscored.text, unscored.state) == ("", "dismissed")
    rejected.refresh_from_db()
    assert (rejected.action, rejected.category) == ("reject", "insult")
    assert rejected.reason == rejected.reply == ""


# --- texts without a score --------------------------------------------------------------------


def test_texts_without_a_score_wait_in_a_list_of_their_own(live_model, moderator) -> None:
    rows = [
        UnscoredText(text=TOXIC, problem="failed", source="foro", author="ana"),
        UnscoredText(text="\0", problem="nul", row=7),
        UnscoredText(text="a" * 10_001, problem="too_long"),
    ]
    assert keep_unscored(texts=rows) == 3
    good, bad, long = UnscoredText.objects.order_by("pk")
    assert bad.text == "�"
    analysis = score_unscored(text=good, by=moderator)
    assert (analysis.author, analysis.source) == ("ana", "foro")
    assert open_item(analysis) is not None
    assert (good.state, good.settled_by, good.analysis) == ("scored", moderator, analysis)
    with pytest.raises(AlreadySettled):
        dismiss_unscored(text=good, by=moderator)
    with pytest.raises(NotScorable):
        score_unscored(text=long, by=moderator)
    long.refresh_from_db()
    assert long.state == "waiting"
    assert dismiss_unscored(text=long, by=moderator).state == "dismissed"


def test_without_a_model_they_keep_waiting(no_model, moderator) -> None:
    keep_unscored(texts=[UnscoredText(text=TOXIC, problem="failed")])
    with pytest.raises(serving.ModelUnavailable):
        score_unscored(text=UnscoredText.objects.get(), by=moderator)
    assert UnscoredText.objects.get().state == "waiting"


# --- scoring anew -----------------------------------------------------------------------------


def test_waiting_items_follow_the_live_version(
    live_model, moderator, monkeypatch, settings
) -> None:
    item = waiting(TOXIC, score=0.55, model_version="0.9.0")
    report_analysis(analysis=item.analysis, by=moderator)
    settings.AUDIT_SHARE = 1.0
    audit = waiting("Muchas gracias", score=0.01, model_version="0.9.0")
    settings.AUDIT_SHARE = 0.0
    broken = waiting("palabra rota", score=0.6, model_version="0.9.0")
    real = serving.analyze

    def stumble(texts, **kwargs):
        if "palabra rota" in texts:
            raise ZeroDivisionError
        return real(texts, **kwargs)

    monkeypatch.setattr(serving, "analyze", stumble)
    assert rescore_waiting() == 2
    fresh = QueueItem.objects.get(pk=item.pk)
    (verdict,) = real([TOXIC], languages=["es"])
    assert fresh.score == verdict.score
    assert fresh.priority == pytest.approx(verdict.score + 0.125)
    assert fresh.model_version == verdict.model_version
    assert fresh.analysis.score == 0.55
    moved = QueueItem.objects.get(pk=audit.pk)
    assert (moved.priority, moved.uncertainty) == (audit.priority, audit.uncertainty)
    assert moved.score != audit.score
    assert UnscoredText.objects.get().analysis == broken.analysis
    assert open_item(broken.analysis) is not None
    # it is tried again, and is on the list once
    assert rescore_items(items=QueueItem.objects.all(), by=moderator).failed == 1
    assert UnscoredText.objects.count() == 1


def test_nothing_waits_nothing_is_scored(no_model) -> None:
    assert rescore_waiting() == 0
