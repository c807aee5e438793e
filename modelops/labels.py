"""The labels that a training learns from, and those that judge it, out of all sources.

One row a text: the newest answer counts. What is held back, erased or sealed in a holdout stays
out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.utils import timezone

from modelops import sources, store
from modelops.datasets import CATEGORIES
from modelops.ml.labels import SiteLabel, SiteLabels, text_digest
from modelops.models import ErasedText, LabelHold, LivePointer
from modelops.sources import LabelledText
from modelops.text_languages import TextLanguages

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_REPORT_EVERY = 1000  # texts
# times what a training takes: from so many texts on, the oldest are dropped while reading, down to
# so many. What is between pays for answers that turn out to contradict each other.
_TOO_MANY, _ENOUGH = 2, 1.5


@dataclass(slots=True)
class Counts:
    """What became of the rows that the sources gave."""

    read: int = 0
    toxic: int = 0  # of the labels that are left
    not_toxic: int = 0
    new: int = 0  # of the labels that are left: given since the live version learned
    repeated: int = 0  # rows whose text has a newer or the same answer
    conflicts: int = 0  # texts dropped, since the newest answers contradict each other
    held: int = 0
    erased: int = 0
    sealed: int = 0  # rows whose text is in a holdout
    too_old: int = 0  # left out by `days`
    too_many: int = 0  # the oldest, beyond what a training takes

    def to_json(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Collected:
    labels: SiteLabels
    counts: Counts
    labels_until: datetime  # what was given up to here had its chance


def collect_labels(
    *,
    days: int | None = None,
    now: datetime | None = None,
    extra: Iterable[LabelledText] = (),
    report: Callable[[int], None] = lambda done: None,
) -> Collected:
    """Gather the labels of all sources for a training.

    `days` leaves out what was given earlier, unless the live version had its chance to learn it.
    `extra` are labels that no source holds; `report` is called with the rows read so far.
    """
    now = now or timezone.now()
    answers = _gathered(days, now, extra, report)
    return Collected(answers.labels(cache="languages"), answers.counts, now)


def count_labels() -> Counts:
    """The counts of what `collect_labels` would give, without its work on the texts."""
    answers = _gathered(None, timezone.now(), (), lambda done: None)
    answers.left()
    return answers.counts


def count_sealed(*, since: datetime) -> int:
    """How many labels given after `since`, and not held back, are for texts of a holdout.

    No training learns these. Reads the texts of all labels given after `since`.
    """
    sealed = _holdout_digests(sources.holdout_state())
    if not sealed:
        return 0
    counts = Counts()
    answers = _Answers(counts, sealed=sealed)
    for row in sources.labelled_texts(since=since):
        answers.add(row, new=True)
    return counts.sealed


@lru_cache(maxsize=1)
def _holdout_digests(state: Hashable) -> frozenset[bytes]:
    """SHA-256 of the texts of all holdouts, as long as their `state` is the same."""
    return frozenset(bytes.fromhex(text_digest(row.text)) for row in sources.holdout_texts())


def _gathered(
    days: int | None,
    now: datetime,
    extra: Iterable[LabelledText],
    report: Callable[[int], None],
) -> _Answers:
    counts = Counts()
    learned_until = live_labels_until()
    answers = _Answers(counts, sealed=_holdout_digests(sources.holdout_state()))
    oldest = now - timedelta(days=days) if days is not None else None
    for number, row in enumerate(_all(sources.labelled_texts(), extra)):
        if number % _REPORT_EVERY == 0:
            report(number)
        new = learned_until is None or row.at is None or row.at > learned_until
        if oldest and new and row.at is not None and row.at < oldest:
            counts.read += 1
            counts.too_old += 1
        else:
            answers.add(row, new=new)
    return answers


def collect_holdout() -> Collected:
    """Gather the labels that judge a training: imported for that purpose, or of audits."""
    counts = Counts()
    answers = _Answers(counts, held_back=False)
    for row in sources.holdout_texts():
        answers.add(row, new=False)
    return Collected(answers.labels(cache="languages-holdout"), counts, timezone.now())


def live_labels_until() -> datetime | None:
    """Until when labels had their chance to be learned by the live version."""
    pointer = LivePointer.current()
    return pointer.version.labels_until if pointer else None


def _all(*parts: Iterable[LabelledText]) -> Iterator[LabelledText]:
    for part in parts:
        yield from part


@dataclass(slots=True)
class _Answer:
    """The newest answer for a text."""

    row: LabelledText
    at: datetime
    new: bool
    conflict: bool = False


class _Answers:
    """Takes rows in any order; keeps the newest answer for each text."""

    def __init__(
        self, counts: Counts, *, sealed: frozenset[bytes] = frozenset(), held_back: bool = True
    ) -> None:
        self.counts, self._sealed = counts, sealed
        self._erased = {
            bytes.fromhex(digest): at
            for digest, at in ErasedText.objects.values_list("text_digest", "erased_at")
        }
        holds = LabelHold.objects.filter(released_at=None) if held_back else ()
        self._holds = [(hold.after, hold.until) for hold in holds]
        self._newest: dict[bytes, _Answer] = {}

    def add(self, row: LabelledText, *, new: bool) -> None:
        self.counts.read += 1
        at = row.at or _LONG_AGO
        if any(after < at <= until for after, until in self._holds):
            self.counts.held += 1
            return
        digest = bytes.fromhex(text_digest(row.text))
        # what people say about the text after it was erased is another label
        if (erased := self._erased.get(digest)) and at <= erased:
            self.counts.erased += 1
            return
        if digest in self._sealed:
            self.counts.sealed += 1
            return
        known = self._newest.get(digest)
        if known is None:
            self._newest[digest] = _Answer(row, at, new)
            if len(self._newest) > _TOO_MANY * settings.MAX_TRAINING_LABELS:
                self._keep_newest(int(_ENOUGH * settings.MAX_TRAINING_LABELS))
            return
        self.counts.repeated += 1
        if at > known.at:
            self._newest[digest] = _Answer(row, at, new)
        elif at == known.at and row.toxic != known.row.toxic:
            known.conflict = True

    def labels(self, *, cache: str) -> SiteLabels:
        """The labels that are left; `cache` names what remembers detected languages."""
        languages = TextLanguages(store.cache_file(f"{cache}.npz"))
        labels = SiteLabels.of(
            SiteLabel(
                text=row.text,
                toxic=row.toxic,
                language=row.language or languages.of(digest, row.text),
                categories=_categories(row),
                weight=row.weight,
            )
            for digest, row in self.left()
        )
        languages.save()
        return labels

    def left(self) -> list[tuple[str, LabelledText]]:
        """Digests and rows that are left at the end, counted; nothing is kept here any more."""
        agreed = {digest: one for digest, one in self._newest.items() if not one.conflict}
        counts = self.counts
        counts.conflicts += len(self._newest) - len(agreed)
        self._newest = agreed
        self._keep_newest(settings.MAX_TRAINING_LABELS)
        left, self._newest = self._newest, {}
        counts.toxic = sum(answer.row.toxic for answer in left.values())
        counts.not_toxic = len(left) - counts.toxic
        counts.new = sum(answer.new for answer in left.values())
        return [(digest.hex(), answer.row) for digest, answer in left.items()]

    def _keep_newest(self, count: int) -> None:
        """Drop the oldest texts, so that memory is bounded however many there are."""
        if len(self._newest) <= count:
            return
        # of the same moment those with the lowest digests, which are as good as any
        ordered = sorted(self._newest.items(), key=lambda item: (-item[1].at.timestamp(), item[0]))
        kept = dict(ordered[:count])
        dropped = [one for _digest, one in ordered[count:]]
        contradicted = sum(one.conflict for one in dropped)
        self.counts.conflicts += contradicted
        self.counts.too_many += len(dropped) - contradicted
        self._newest = kept


def _categories(row: LabelledText) -> Mapping[str, bool]:
    """What is known about the other heads; a label's own category may be none of them."""
    if row.category in CATEGORIES and row.category not in row.categories:
        return {**row.categories, row.category: row.toxic}
    return row.categories
