"""The ports through which labelled and recent texts come in.

Whoever holds labels (the moderation history, the imported datasets) registers a `LabelSource`
when its app gets ready; training and "needs retraining?" read all of them and know none. Whoever
holds labels that only judge registers a `HoldoutSource`; they never teach. Whoever holds what was
scored lately registers a `RecentTexts`; gate, thresholds and checks read it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from django.contrib.auth.models import User


@dataclass(frozen=True, slots=True)
class LabelledText:
    """One text with a person's answer to "is this toxic?"."""

    text: str
    toxic: bool
    category: str | None = None  # a category code, when the label names one
    # answers for each category that the source asks for; others are not known
    categories: Mapping[str, bool] = field(default_factory=dict)
    language: str | None = None  # "es" or "en"; None where nobody said
    weight: float = 1.0
    source: str = ""  # name of the source, for reports
    provenance: str = ""  # of a moderator's decision its mode, like "single" or "batch"
    at: datetime | None = None  # when the label was given, UTC


class LabelSource(Protocol):
    """What a holder of labels offers. `since` leaves out what was labelled before."""

    name: str

    def labelled_texts(self, *, since: datetime | None = None) -> Iterable[LabelledText]: ...

    def count_labels(self, *, since: datetime | None = None) -> int: ...


_sources: dict[str, LabelSource] = {}


def register(source: LabelSource) -> None:
    """Add a source; a second one of the same name replaces the first."""
    _sources[source.name] = source


def labelled_texts(*, since: datetime | None = None) -> Iterator[LabelledText]:
    """Yield the labelled texts of every source, in the order of registration."""
    for source in _sources.values():
        yield from source.labelled_texts(since=since)


def count_labels(*, since: datetime | None = None) -> int:
    """Count what `labelled_texts` would yield, without reading the texts."""
    return sum(source.count_labels(since=since) for source in _sources.values())


class HoldoutSource(Protocol):
    """What a holder of labels that judge versions offers.

    The state is another one whenever the texts are, and is read without them.
    """

    name: str

    def holdout_texts(self) -> Iterable[LabelledText]: ...

    def holdout_state(self) -> Hashable: ...


_holdouts: dict[str, HoldoutSource] = {}


def register_holdout(source: HoldoutSource) -> None:
    """Add a source of labels that judge; a second one of the same name replaces the first."""
    _holdouts[source.name] = source


def holdout_texts() -> Iterator[LabelledText]:
    """Yield the labels that judge and never teach, of every source."""
    for source in _holdouts.values():
        yield from source.holdout_texts()


def holdout_state() -> Hashable:
    """What the holdouts are now, for whoever remembers something of them."""
    return tuple((name, source.holdout_state()) for name, source in _holdouts.items())


@dataclass(frozen=True, slots=True)
class RecentText:
    """One text that was scored lately, with the score that it got then."""

    id: int
    text: str
    language: str  # "es", "en" or "und", as it was taken
    language_certain: bool
    score: float  # calibrated probability, 0 to 1


class RecentTexts(Protocol):
    """What a holder of analyses offers, the newest first."""

    permission: str  # "app.codename": who holds it may read the texts themselves

    def recent_texts(self, *, limit: int) -> Iterable[RecentText]: ...

    def recent_labels(self, *, since: datetime, limit: int) -> Iterable[LabelledText]:
        """What people said about analysed texts after `since`; no language where unsure."""
        ...


_recent: list[RecentTexts] = []


def register_recent(recent: RecentTexts) -> None:
    """Name the holder of recent texts; a second one replaces the first."""
    _recent[:] = [recent]


def recent_texts(*, limit: int) -> list[RecentText]:
    """The newest texts that were scored, at most `limit`; none where nobody holds any."""
    return [text for holder in _recent for text in holder.recent_texts(limit=limit)]


def may_read_recent(user: User) -> bool:
    """Whether a user may read the texts themselves, not only what became of them."""
    return all(user.has_perm(holder.permission) for holder in _recent)


def recent_labels(*, since: datetime, limit: int) -> list[LabelledText]:
    """What people said about analysed texts after `since`, newest first, at most `limit`."""
    return [label for holder in _recent for label in holder.recent_labels(since=since, limit=limit)]


def expire(digests: Iterable[str]) -> None:
    """Tell the model's side that a holder of labels no longer keeps texts (SHA-256 of each).

    Caches that know one of them go. Datasets stay: what is in them came by another way, and was
    perhaps kept there on purpose.
    """
    from modelops.services.purge_erased_texts import drop_caches

    drop_caches(digests=frozenset(digests))


def forget(digests: Iterable[str]) -> None:
    """Tell the model's side that texts were erased: SHA-256 (hex) of each exact text.

    The next training leaves them out, wherever they came from; files lose them within the hour.
    """
    from modelops.services.forget_texts import forget_texts

    forget_texts(digests=digests)


def forgotten(digests: Iterable[str]) -> set[str]:
    """Those of `digests` (SHA-256 of exact texts) that this site was told to forget."""
    from modelops.services.forget_texts import forgotten_texts

    return forgotten_texts(digests=digests)
