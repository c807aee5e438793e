"""The team's figures: what is counted, what is not, and how much of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from moderation import selectors_team
from moderation.models import ReviewDecision
from moderation.selectors_team import quantile, team_figures, waiting_now, work_of_members
from moderation.services.another_look import appeal_analysis
from moderation.services.decide_batch import Selection, decide_batch
from moderation.services.decide_item import decide_item
from moderation.services.undo_decision import undo_decision
from tests.moderation.items import waiting


def reject(text: str, by, **fields) -> ReviewDecision:
    return decide_item(item=waiting(text, **fields), action="reject", category="insult", by=by)


def approve(text: str, by, **fields) -> ReviewDecision:
    return decide_item(item=waiting(text, **fields), action="approve", by=by)


def test_decisions_are_counted_by_day_and_category(moderator) -> None:
    reject("Texto uno", moderator)
    approve("Texto dos", moderator)
    decide_item(item=waiting("Texto tres"), action="escalate", by=moderator)
    decide_item(item=waiting("Texto cuatro"), action="skip", by=moderator)
    old = approve("Texto cinco", moderator)
    ReviewDecision.objects.filter(pk=old.pk).update(
        created_at=timezone.now() - timedelta(days=selectors_team.DAYS)
    )
    figures = team_figures()
    assert len(figures.days) == selectors_team.DAYS
    today = figures.days[-1]
    assert (today.approved, today.rejected, today.escalated) == (1, 1, 1)
    assert figures.decided.decided == 2
    assert set(figures.categories) == {"", "insult"}
    assert figures.complete
    assert waiting_now().count == 2
    assert waiting_now().escalated == 1


def test_overturned_are_undone_and_turned_round_on_appeal(moderator, lead) -> None:
    undo_decision(decision=approve("Texto uno", moderator), by=moderator)
    first = reject("Texto dos", moderator)
    appeal = appeal_analysis(analysis=first.analysis, text="", by=lead, by_author=True)
    decide_item(item=appeal, action="approve", by=lead)
    kept = reject("Texto tres", moderator)
    appeal = appeal_analysis(analysis=kept.analysis, text="", by=lead, by_author=True)
    decide_item(item=appeal, action="reject", category="insult", by=lead)
    figures = team_figures()
    approved, insults = figures.categories[""], figures.categories["insult"]
    assert (approved.decided, approved.undone, approved.appealed) == (2, 1, 0)
    assert (insults.decided, insults.undone, insults.appealed) == (3, 0, 1)
    assert figures.decided.overturned == 2
    assert figures.decided.share == pytest.approx(2 / 5)
    work = work_of_members()
    assert (work[moderator.pk].decided, work[moderator.pk].undone) == (3, 1)


def test_agreement_is_of_single_decisions_that_stand(moderator) -> None:
    reject("Texto uno", moderator)  # the model found it toxic
    approve("Texto dos", moderator)
    approve("Texto tres", moderator, model_version="1.1.0")
    undo_decision(decision=approve("Texto cuatro", moderator), by=moderator)
    ids = [waiting(f"Texto de lote {n}").analysis_id for n in range(3)]
    decide_batch(selection=Selection(ids=ids), action="approve", by=moderator)
    figures = team_figures()
    assert (figures.agreement.decided, figures.agreement.agreed) == (3, 1)
    assert figures.days[-1].agreement.share == pytest.approx(1 / 3)
    shares = {version: a.share for version, a in figures.versions.items()}
    assert shares == {"1.0.0": 0.5, "1.1.0": 0.0}


def test_audits_measure_what_the_model_lets_through(moderator, settings) -> None:
    settings.AUDIT_SHARE = 1.0
    approve("Muchas gracias", moderator, score=0.1)
    reject("Texto malo", moderator, score=0.2)
    audits = team_figures().audits
    assert (audits.decided, audits.agreed) == (2, 1)


def test_waiting_times(moderator) -> None:
    for minutes in (1, 2, 3, 4, 30):
        decision = approve(f"Texto de {minutes} minutos", moderator)
        ReviewDecision.objects.filter(pk=decision.pk).update(waited=timedelta(minutes=minutes))
    figures = team_figures()
    assert figures.median == pytest.approx(180)
    assert figures.ninety == pytest.approx(60 * (4 + 0.6 * 26))
    assert figures.days[-1].median == pytest.approx(180)
    assert figures.days[0].median is None


def test_very_many_are_bounded_and_it_says_so(moderator, monkeypatch) -> None:
    for number in range(5):
        approve(f"Texto numero {number}", moderator)
    monkeypatch.setattr(selectors_team, "MOST", 3)
    figures = team_figures()
    assert figures.decided.decided == 3
    assert not figures.complete


def test_figures_take_few_queries(moderator, django_assert_max_num_queries) -> None:
    for number in range(5):
        approve(f"Texto numero {number}", moderator)
    with django_assert_max_num_queries(10):
        team_figures()
        waiting_now()


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.5, None), ([3.0], 0.9, 3.0), ([4.0, 1.0], 0.5, 2.5), ([3.0, 1.0, 2.0], 0.5, 2.0)],
)
def test_quantiles(values, share, expected) -> None:
    assert quantile(values, share) == expected
