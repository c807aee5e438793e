"""Reads of the team's pages: what was done in the last month, how well, and by whom.

Everything is bounded: the figures cover DAYS days and at most the newest MOST decisions of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Aggregate, Count, Min, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from moderation.models import Analysis, QueueItem, ReviewDecision, UnscoredText
from moderation.selectors import capped_count
from moderation.selectors_care import escalated_items
from moderation.selectors_decisions import ENDINGS

DAYS = 30
MOST = 30_000  # decisions that the figures look at
SAMPLE = 10_000  # of them, for medians where the database has none
APPEALS = 1000  # of them, the newest, that are looked at for what they turned round
SHOWN = 5  # texts of an author, before they are erased
Action = ReviewDecision.Action
Mode = ReviewDecision.Mode


@dataclass(slots=True)
class Tally:
    """Decisions of one kind, and how many of them were overturned."""

    decided: int = 0
    undone: int = 0
    appealed: int = 0  # decided otherwise on appeal

    @property
    def overturned(self) -> int:
        return self.undone + self.appealed

    @property
    def share(self) -> float:
        return self.overturned / self.decided if self.decided else 0.0


@dataclass(slots=True)
class Agreement:
    """Decisions that stand, and in how many of them the model had said the same."""

    decided: int = 0
    agreed: int = 0

    @property
    def share(self) -> float:
        return self.agreed / self.decided if self.decided else 0.0


@dataclass(slots=True)
class Day:
    day: date
    approved: int = 0
    rejected: int = 0
    escalated: int = 0
    agreement: Agreement = field(default_factory=Agreement)
    median: float | None = None  # seconds that decided items had waited
    ninety: float | None = None  # nine of ten had waited no longer


@dataclass(slots=True)
class Figures:
    """Of the last DAYS days. `complete` is false when there were more decisions than MOST."""

    days: list[Day]
    complete: bool
    sampled: bool  # the waiting times come from the newest SAMPLE decisions only
    decided: Tally = field(default_factory=Tally)
    categories: dict[str, Tally] = field(default_factory=dict)  # "" are approvals
    agreement: Agreement = field(default_factory=Agreement)
    versions: dict[str, Agreement] = field(default_factory=dict)
    audits: Agreement = field(default_factory=Agreement)
    median: float | None = None
    ninety: float | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the queue holds now; `many` when there is more than was counted."""

    count: int
    many: bool
    escalated: int
    oldest: datetime | None


def waiting_now() -> Waiting:
    """Three queries over the open rounds, which have indexes of their own."""
    items = QueueItem.objects.filter(state=QueueItem.State.OPEN).order_by()
    count, many = capped_count(items)
    return Waiting(
        count=count,
        many=many,
        escalated=capped_count(escalated_items())[0],
        oldest=items.aggregate(oldest=Min("opened_at"))["oldest"],
    )


def team_figures() -> Figures:
    """Throughput, waiting times, overturns and agreement, in five queries or six."""
    recent, complete = _recent()
    today = timezone.localdate()
    days = {
        day: Day(day) for day in (today - timedelta(days=back) for back in range(DAYS - 1, -1, -1))
    }
    figures = Figures(days=list(days.values()), complete=complete, sampled=False)
    groups = (
        recent.filter(action__in=[*ENDINGS, Action.ESCALATE])
        .annotate(day=TruncDate("created_at"), undone=Q(reversal__isnull=False))
        .values_list("day", "action", "mode", "category", "model_version", "model_toxic", "undone")
        .annotate(count=Count("pk"))
    )
    for group in groups:
        _add(figures, days, *group)
    _add_appeals(figures, recent)
    _add_waiting(figures, days, recent)
    return figures


def work_of_members() -> dict[int, Tally]:
    """{account: its decisions of the last DAYS days, and how many of them were undone}"""
    recent, _complete = _recent()
    rows = (
        recent.filter(action__in=[*ENDINGS, Action.ESCALATE])
        .values_list("by_id")
        .annotate(decided=Count("pk"), undone=Count("reversal"))
    )
    return {by: Tally(decided=decided, undone=undone) for by, decided, undone in rows}


def analyses_of(*, author: str, source: str = "") -> QuerySet[Analysis]:
    """What is kept of an author, by the exact name; from one source, or from all."""
    found = Analysis.objects.filter(author=author, erased_at__isnull=True)
    return found.filter(source=source) if source else found


def unscored_of(*, author: str, source: str = "") -> QuerySet[UnscoredText]:
    """The same of the texts that could not be scored."""
    found = UnscoredText.objects.filter(author=author)
    return found.filter(source=source) if source else found


@dataclass(frozen=True, slots=True)
class AuthorPreview:
    """What erasing an author would touch."""

    count: int  # analyses
    newest: int  # the number of the newest of them, 0 without any
    sources: list[tuple[str, int]]
    sample: list[Analysis]
    waiting: int  # of them, in the queue
    labelled: int  # of them, with a right answer
    unscored: int  # texts that could not be scored

    @property
    def total(self) -> int:
        return self.count + self.unscored


def preview_of_author(*, author: str, source: str = "", up_to: int | None = None) -> AuthorPreview:
    """What erasing `author` would touch; `up_to` leaves out what came after that number."""
    found = analyses_of(author=author, source=source)
    newest = found.order_by("-pk").values_list("pk", flat=True).first() or 0
    if up_to is not None:
        found = found.filter(pk__lte=up_to)
        newest = min(newest, up_to)
    sources = found.order_by().values_list("source").annotate(count=Count("pk"))
    return AuthorPreview(
        count=found.count(),
        newest=newest,
        sources=sorted(sources, key=lambda row: -row[1]),
        sample=list(found.order_by("-created_at")[:SHOWN]),
        waiting=QueueItem.objects.filter(
            analysis__in=found.order_by(), state=QueueItem.State.OPEN
        ).count(),
        labelled=found.filter(given_labels__isnull=False).distinct().count(),
        unscored=unscored_of(author=author, source=source).count(),
    )


def _recent() -> tuple[QuerySet[ReviewDecision], bool]:
    """The decisions that the figures look at, and whether these are all of the time."""
    first = timezone.localdate() - timedelta(days=DAYS - 1)
    since = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    recent = ReviewDecision.objects.filter(created_at__gte=since).order_by()
    beyond = recent.order_by("-pk").values_list("pk", flat=True)[MOST : MOST + 1]
    for pk in beyond:
        return recent.filter(pk__gt=pk), False
    return recent, True


def _add(
    figures: Figures,
    days: dict[date, Day],
    day: date,
    action: str,
    mode: str,
    category: str,
    version: str,
    model_toxic: bool | None,
    undone: bool,
    count: int,
) -> None:
    """Add one group of decisions to all figures that it belongs to."""
    here = days.get(day) or Day(day)  # a clock that ran ahead has a day of its own
    if action == Action.ESCALATE:
        here.escalated += count
        return
    rejected = action == Action.REJECT
    if rejected:
        here.rejected += count
    else:
        here.approved += count
    for tally in (figures.decided, figures.categories.setdefault(category, Tally())):
        tally.decided += count
        tally.undone += count if undone else 0
    if undone:
        return
    agreed = count if rejected == model_toxic else 0
    if mode == Mode.AUDIT:
        figures.audits.decided += count
        figures.audits.agreed += agreed
    if mode == Mode.BATCH or model_toxic is None:
        return  # in a batch, nobody looked at each single text
    for agreement in (
        figures.agreement,
        here.agreement,
        figures.versions.setdefault(version, Agreement()),
    ):
        agreement.decided += count
        agreement.agreed += agreed


def _add_appeals(figures: Figures, recent: QuerySet[ReviewDecision]) -> None:
    """Decisions that an appeal turned round, in the category that they had."""
    standing = recent.filter(action__in=ENDINGS, reversal__isnull=True)
    fields = ("analysis_id", "pk", "item_id", "action", "category")
    appeals = standing.filter(mode=Mode.APPEAL).order_by("-pk").values_list(*fields)
    turns = list(appeals[:APPEALS])
    earlier: dict[int, list[tuple[int, int, str, str]]] = {}
    of_them = standing.filter(analysis__in={analysis for analysis, *_rest in turns})
    for analysis, *decision in of_them.order_by("pk").values_list(*fields) if turns else ():
        earlier.setdefault(analysis, []).append(tuple(decision))
    for analysis, pk, item, action, _category in turns:
        before = [d for d in earlier[analysis] if d[0] < pk and d[1] != item]
        if before and before[-1][2] != action:
            figures.decided.appealed += 1
            figures.categories.setdefault(before[-1][3], Tally()).appealed += 1


class _Percentile(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"


def _add_waiting(figures: Figures, days: dict[date, Day], recent: QuerySet[ReviewDecision]) -> None:
    waited = recent.filter(action__in=ENDINGS, waited__isnull=False)
    if connection.vendor == "postgresql":
        both = {"m": _Percentile("waited", share=0.5), "n": _Percentile("waited", share=0.9)}
        for day, median, ninety in (
            waited.annotate(day=TruncDate("created_at"))
            .values("day")
            .annotate(**both)
            .values_list("day", "m", "n")
        ):
            if here := days.get(day):
                here.median, here.ninety = _seconds(median), _seconds(ninety)
        whole = waited.aggregate(**both)
        figures.median, figures.ninety = _seconds(whole["m"]), _seconds(whole["n"])
        return
    rows = list(waited.order_by("-pk").values_list("created_at", "waited")[: SAMPLE + 1])
    figures.sampled = len(rows) > SAMPLE
    by_day: dict[date, list[float]] = {}
    zone = timezone.get_current_timezone()  # asked once: looking it up takes its time
    for at, time in rows[:SAMPLE]:
        if time is not None:
            by_day.setdefault(at.astimezone(zone).date(), []).append(time.total_seconds())
    for day, times in by_day.items():
        if here := days.get(day):
            here.median, here.ninety = quantile(times, 0.5), quantile(times, 0.9)
    every = [time for times in by_day.values() for time in times]
    figures.median, figures.ninety = quantile(every, 0.5), quantile(every, 0.9)


def quantile(values: list[float], share: float) -> float | None:
    """As PostgreSQL's percentile_cont has it; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def _seconds(time: timedelta | None) -> float | None:
    return None if time is None else time.total_seconds()
