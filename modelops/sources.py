"""The port through which labelled texts come in.

Whoever holds labels (the moderation history, the imported datasets) registers a `LabelSource`
when its app gets ready; training and "needs retraining?" read all of them and know none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LabelledText:
    """One text with a person's answer to "is this toxic?"."""

    text: str
    toxic: bool
    category: str | None = None  # a category code, when the label names one
    language: str | None = None  # "es" or "en"; None where nobody said
    weight: float = 1.0
    source: str = ""  # name of the source, for reports
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
