"""Which labels a training gets: the newest answer for each text, without what is to stay out."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from modelops import sources, text_languages
from modelops.labels import collect_holdout, collect_labels, count_labels
from modelops.ml.artifacts import HEADS
from modelops.ml.labels import text_digest
from modelops.ml.text import Tokens
from modelops.models import ErasedText, LabelHold, ModelVersion
from modelops.sources import LabelledText
from tests.modelops.training import give_labels

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Held:
    """A source with the rows of a test."""

    name = "test"

    def __init__(self) -> None:
        self.rows: list[LabelledText] = []

    def labelled_texts(self, *, since: datetime | None = None) -> Iterator[LabelledText]:
        return iter(self.rows)

    def count_labels(self, *, since: datetime | None = None) -> int:
        return len(self.rows)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    source = Held()
    monkeypatch.setitem(sources._sources, "test", source)
    return source


def label(text: str, toxic: bool, *, at: datetime | None = NOON) -> LabelledText:
    return LabelledText(text, toxic, language="es", at=at)


def collected(**options: object) -> tuple[dict[str, bool], dict[str, int]]:
    found = collect_labels(now=NOON + 10 * HOUR, **options)
    counts = {name: count for name, count in found.counts.to_json().items() if count}
    labels = found.labels
    return dict(zip(labels.texts, (labels.labels[:, 0] == 1).tolist(), strict=True)), counts


def test_the_newest_answer_counts_whatever_the_order(held: Held) -> None:
    rows = [
        label("a", True),
        label("a", False, at=NOON + HOUR),
        label("b", True, at=None),
        label("b", False),
        label("c", True),
        label("c", True),
    ]
    for held.rows in (rows, rows[::-1]):
        labels, counts = collected()
        assert labels == {"a": False, "b": False, "c": True}
        assert counts == {"read": 6, "toxic": 1, "not_toxic": 2, "new": 3, "repeated": 3}


def test_contradictions_at_the_same_moment_are_dropped_until_somebody_decides(held: Held) -> None:
    held.rows = [label("a", True), label("a", False), label("a", True), label("b", True)]
    labels, counts = collected()
    assert labels == {"b": True}
    assert (counts["conflicts"], counts["repeated"]) == (1, 2)
    held.rows.append(label("a", False, at=NOON + HOUR))
    assert collected()[0] == {"a": False, "b": True}


def test_held_back_labels_give_way_to_the_answer_before(held: Held) -> None:
    hold = LabelHold.objects.create(after=NOON, until=NOON + 2 * HOUR)
    held.rows = [
        label("a", True),
        label("a", False, at=NOON + HOUR),
        label("b", True, at=NOON + 2 * HOUR),
        label("c", True, at=NOON + 3 * HOUR),
    ]
    labels, counts = collected()
    assert (labels, counts["held"]) == ({"a": True, "c": True}, 2)
    hold.released_at = NOON
    hold.save()
    assert collected()[0] == {"a": False, "b": True, "c": True}


def test_erased_texts_stay_out_but_not_what_is_said_afterwards(held: Held) -> None:
    held.rows = [label("a", True), label("b", True)]
    ErasedText.objects.create(text_digest=text_digest("a"), erased_at=NOON + HOUR)
    labels, counts = collected()
    assert (labels, counts["erased"]) == ({"b": True}, 1)
    held.rows.append(label("a", False, at=NOON + 2 * HOUR))
    assert collected()[0] == {"a": False, "b": True}


def test_holdouts_judge_and_never_teach(held: Held, tmp_path: Path) -> None:
    give_labels(tmp_path, [("a", True), ("z", False)], name="sealed", split="holdout")
    held.rows = [label("a", True), label("b", True)]
    labels, counts = collected()
    assert (labels, counts["sealed"]) == ({"b": True}, 1)
    assert set(collect_holdout().labels.texts) == {"a", "z"}
    assert set(count_labels().to_json().items()) >= {("sealed", 1), ("toxic", 1), ("read", 2)}


def test_days_limit_what_is_new_and_nothing_else(held: Held, live: ModelVersion) -> None:
    live.labels_until = NOON - 100 * HOUR
    live.save()
    held.rows = [
        label("learned", True, at=NOON - 200 * HOUR),
        label("late", True, at=NOON - 50 * HOUR),
        label("new", True),
    ]
    labels, counts = collected(days=1)
    assert set(labels) == {"learned", "new"}
    assert (counts["too_old"], counts["new"], counts["read"]) == (1, 1, 3)
    assert len(collected()[0]) == 3


def test_the_newest_labels_are_taken_up_to_the_limit(held: Held, settings: Settings) -> None:
    settings.MAX_TRAINING_LABELS = 2
    rows = [label(text, True, at=NOON + hours * HOUR) for hours, text in enumerate("dcba")]
    for held.rows in (rows, rows[::-1]):
        labels, counts = collected()
        assert (set(labels), counts["too_many"], counts["toxic"]) == ({"a", "b"}, 2, 2)


def test_of_very_many_the_same_are_left_in_whatever_order_they_come(
    held: Held, settings: Settings
) -> None:
    settings.MAX_TRAINING_LABELS = 10
    rows = [label(f"text {n}", n % 2 == 0, at=NOON + n * HOUR) for n in range(200)]
    shuffled = random.Random(3).sample(rows, len(rows))
    for held.rows in (rows, rows[::-1], shuffled):
        labels, counts = collected()
        assert set(labels) == {f"text {n}" for n in range(190, 200)}
        assert (counts["read"], counts["too_many"], counts["toxic"]) == (200, 190, 5)


def test_languages_are_detected_where_nobody_said(held: Held) -> None:
    held.rows = [
        replace(label(text, False), language=None)
        for text in ("this is a perfectly English sentence", "hola a todos mis amigos", "ok")
    ]
    labels = collect_labels().labels
    assert dict(zip(labels.texts, labels.languages, strict=True)) == {
        "this is a perfectly English sentence": "en",
        "hola a todos mis amigos": "es",
        "ok": "es",  # the site's default
    }


def test_detected_languages_are_remembered_as_long_as_that_is_right(
    held: Held, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "this is a perfectly English sentence"
    held.rows = [replace(label(text, False), language=None)]
    asked: list[str] = []
    detected = text_languages.detect

    def counted(tokens: Tokens, text: str, languages: Sequence[str]) -> str | None:
        asked.append(text)
        return detected(tokens, text, languages)

    monkeypatch.setattr(text_languages, "detect", counted)
    for _ in range(2):
        assert list(collect_labels().labels.languages) == ["en"]
    assert len(asked) == 1
    (kept,) = store.glob("cache/*")
    assert text.encode() not in kept.read_bytes()
    kept.write_bytes(b"damaged")
    assert list(collect_labels().labels.languages) == ["en"]
    assert len(asked) == 2
    monkeypatch.setattr(text_languages, "FORM", 0)  # another release
    collect_labels()
    assert len(asked) == 3


def test_categories_become_heads(held: Held) -> None:
    held.rows = [
        replace(label("a", True), category="threat"),
        replace(label("b", True), category="spam"),
        replace(label("c", True), categories={"insult": False, "obscene": True}),
        label("d", False),
    ]
    labels = collect_labels().labels
    known = {
        text: {head: bool(value) for head, value in zip(HEADS, row, strict=True) if value >= 0}
        for text, row in zip(labels.texts, labels.labels, strict=True)
    }
    assert known == {
        "a": {"toxic": True, "threat": True},
        "b": {"toxic": True},
        "c": {"toxic": True, "insult": False, "obscene": True},
        "d": dict.fromkeys(HEADS, False),
    }
