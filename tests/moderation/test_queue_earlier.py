"""What was flagged before the site had a queue gets into it, a part at a time."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User

from moderation.models import Analysis, EarlierAnalyses, QueueItem
from moderation.services import erase_analysis, label_analysis
from moderation.services.decide_item import decide_item
from moderation.services.open_earlier import open_earlier
from tests.moderation.items import draft, waiting

pytestmark = pytest.mark.django_db


def before(text: str, **fields: Any) -> Analysis:
    """An analysis of a site that had no queue yet."""
    analysis = draft(text, **fields)
    analysis.save()
    return analysis


def upgrade() -> None:
    """What the migration does to the site's rows."""
    EarlierAnalyses.objects.all().delete()
    migration = import_module("moderation.migrations.0008_earlier_analyses")
    migration.remember(apps, None)


def in_queue() -> list[int]:
    items = QueueItem.objects.filter(state=QueueItem.State.OPEN)
    return sorted(items.values_list("analysis_id", flat=True))


def test_what_still_asks_for_a_person_waits_after_the_upgrade(
    moderator: User, settings: Any
) -> None:
    settings.AUDIT_SHARE = 1.0
    flagged, blocked = before("Eres un idiota"), before("Eres un cretino", score=0.95)
    before("Gracias por todo", score=0.1)
    label_analysis(analysis=before("Menudo payaso"), toxic=True, category="", by=moderator)
    erase_analysis(analysis=before("Vaya necio"), by=moderator)
    first = before("Qué bobo", external_id="a")
    second = before("Qué bobo eres", external_id="a", revision_of=first)
    upgrade()
    assert open_earlier() == 3
    assert in_queue() == [flagged.pk, blocked.pk, second.pk]
    assert EarlierAnalyses.objects.get().up_to == 0
    assert open_earlier() == 0


def test_it_goes_on_where_it_was_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.services.open_earlier.CHUNK", 2)
    monkeypatch.setattr("moderation.services.open_earlier.MOST", 2)
    numbers = [before(f"Eres un idiota {word}").pk for word in ("a", "b", "c", "d", "e")]
    upgrade()
    found = []
    for _hour in range(4):
        open_earlier()
        found.append(in_queue())
    assert found == [numbers[3:], numbers[1:], numbers, numbers]


def test_what_came_with_the_queue_is_left_alone(moderator: User) -> None:
    old = before("Eres un idiota")
    fine = waiting("Menudo payaso")
    decide_item(item=fine, action="approve", by=moderator)
    again = before("Menudo payaso", owner=moderator)  # not asked about again
    upgrade()
    assert open_earlier() == 1
    assert in_queue() == [old.pk]
    assert not again.rounds.exists()


def test_what_people_found_fine_meanwhile_stays_out(moderator: User) -> None:
    before("Menudo payaso")
    upgrade()
    item = waiting("Menudo payaso", owner=moderator)
    decide_item(item=item, action="approve", by=moderator)
    assert open_earlier() == 0
    assert in_queue() == []


def test_a_new_site_has_nothing_to_catch_up_with(django_assert_max_num_queries) -> None:
    upgrade()
    assert EarlierAnalyses.objects.get().up_to == 0
    waiting("Eres un idiota")
    with django_assert_max_num_queries(3):  # a savepoint around one question
        assert open_earlier() == 0
