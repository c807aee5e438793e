"""Reads: what was decided, and what of it stands."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef, Q, QuerySet

from moderation.models import Analysis, QueueItem, ReviewDecision

TAKE_OVER = "moderation.take_over"
Action = ReviewDecision.Action
ENDINGS = (Action.APPROVE, Action.REJECT)  # what ends a round


def standing_decisions() -> QuerySet[ReviewDecision]:
    """Approvals and rejections that nobody undid."""
    return ReviewDecision.objects.filter(action__in=ENDINGS, reversal__isnull=True)


def decisions_of(analysis: Analysis) -> QuerySet[ReviewDecision]:
    """All that was decided about an analysis, oldest first, undoings included, skips not."""
    decisions = ReviewDecision.objects.filter(analysis=analysis).exclude(action=Action.SKIP)
    return (
        decisions.exclude(reverses__action=Action.SKIP)
        .select_related("by", "policy", "reverses", "reversal")
        .order_by("pk")
    )


def barred_by_own_decision(user: User) -> Q:
    """Appeals about what `user` decided in another round, where that stands."""
    mine = standing_decisions().filter(analysis=OuterRef("analysis"), by=user)
    # (the kind first: the other question is asked of appeals only)
    return Q(kind=QueueItem.Kind.APPEAL) & Q(Exists(mine.exclude(item=OuterRef("pk"))))


def decidable_by(user: User) -> Q:
    """Items that this user may decide, whoever has them: by role, and by who decided before."""
    mine = ~barred_by_own_decision(user)
    return mine if is_lead(user) else mine & Q(escalated_at__isnull=True)


def decisions_told(analysis: Analysis, user: User) -> QuerySet[ReviewDecision]:
    """The same for this user: integrations learn of what ended a round, and that it was undone."""
    decisions = decisions_of(analysis)
    if user.has_perm("moderation.view_analysis"):
        return decisions
    return decisions.filter(Q(action__in=ENDINGS) | Q(reverses__action__in=ENDINGS))


def newest_round(analysis: Analysis) -> QueueItem | None:
    """The open round of an analysis, else its last one."""
    rounds = QueueItem.objects.filter(analysis=analysis).select_related("analysis", "claimed_by")
    return rounds.filter(state=QueueItem.State.OPEN).first() or rounds.order_by("-pk").first()


def ending_of(item: QueueItem) -> ReviewDecision | None:
    """The decision that ended a round."""
    return standing_decisions().filter(item=item).select_related("by").order_by("-pk").first()


def is_lead(user: User | AnonymousUser) -> bool:
    """Whether somebody decides what was escalated, undoes for others and knows the audits."""
    return user.has_perm(TAKE_OVER)


def shown_mode(decision: ReviewDecision, user: User | AnonymousUser) -> str:
    """How a decision came about, as this user may know it: an audit reads as a single one."""
    return mode_for(decision, lead=is_lead(user))


def mode_for(decision: ReviewDecision, *, lead: bool) -> str:
    audit = decision.mode == ReviewDecision.Mode.AUDIT and not lead
    return ReviewDecision.Mode.SINGLE.value if audit else decision.mode
