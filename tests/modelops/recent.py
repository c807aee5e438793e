"""A holder of recent texts and of what people said about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest

from modelops import sources
from modelops.sources import LabelledText, RecentText


class Recent:
    def __init__(
        self,
        texts: Sequence[RecentText] = (),
        labels: Sequence[LabelledText] = (),
        permission: str = "modelops.operate_model",
    ) -> None:
        self.texts, self.labels, self.permission = texts, labels, permission

    def recent_texts(self, *, limit: int) -> Iterator[RecentText]:
        yield from self.texts[:limit]

    def recent_labels(self, *, since: datetime, limit: int) -> Iterator[LabelledText]:
        after = [label for label in self.labels if label.at is None or label.at > since]
        yield from after[:limit]


def hold_recent(monkeypatch: pytest.MonkeyPatch, recent: Recent) -> None:
    """Register for the time of a test."""
    monkeypatch.setattr(sources, "_recent", [recent])


def scored(*scores: float, language: str = "es") -> list[RecentText]:
    return [
        RecentText(number, f"texto {number} " + "x" * 300, language, True, score)
        for number, score in enumerate(scores, start=1)
    ]
