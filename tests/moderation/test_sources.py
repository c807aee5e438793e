"""The history as a source of recent texts and of what people said about them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from modelops import sources
from moderation.models import Analysis, AnalysisLabel
from moderation.services import AnalysisInput
from tests.moderation.conftest import KIND, TOXIC

FOREIGN = "Сегодня хорошая погода, и мы все вместе идём гулять в парк"


@pytest.fixture
def stored(analyses, integration) -> list[Analysis]:
    items = [AnalysisInput(text=KIND, language="es"), AnalysisInput(text=TOXIC, language="es")]
    return analyses(*items, FOREIGN, by=integration)


def test_recent_texts_are_those_of_everybody_newest_first(stored) -> None:
    found = sources.recent_texts(limit=10)
    assert [text.text for text in found] == [FOREIGN, TOXIC, KIND]
    assert [text.id for text in found] == [analysis.pk for analysis in reversed(stored)]
    assert found[1].score == stored[1].score
    assert (found[0].language, found[1].language, found[1].language_certain) == ("und", "es", True)
    assert [text.text for text in sources.recent_texts(limit=1)] == [FOREIGN]


def test_what_was_erased_is_no_recent_text(stored) -> None:
    Analysis.objects.filter(text=TOXIC).update(erased_at=timezone.now(), text="")
    assert [text.text for text in sources.recent_texts(limit=10)] == [FOREIGN, KIND]


def test_recent_labels_are_peoples_last_words_since_then(stored, moderator) -> None:
    now = timezone.now()
    for analysis, toxic, ago in (
        (stored[0], True, 3), (stored[0], False, 2), (stored[1], True, 5), (stored[2], True, 1),
    ):  # fmt: skip
        AnalysisLabel.objects.create(
            analysis=analysis, toxic=toxic, by=moderator, created_at=now - timedelta(hours=ago)
        )
    found = sources.recent_labels(since=now - timedelta(hours=4), limit=10)
    assert [(label.text, label.toxic, label.language) for label in found] == [
        (FOREIGN, True, None), (KIND, False, "es"),
    ]  # fmt: skip
    assert len(sources.recent_labels(since=now - timedelta(hours=9), limit=2)) == 2
