"""How a moderator likes to work, and how much hard reading a day brought."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import F
from django.utils import timezone

from moderation.models import ModeratorSettings, SeenToday


def set_care(
    *, by: User, shortcuts: bool, blur: bool, greyscale: bool, pause_minutes: int
) -> ModeratorSettings:
    """Keep how `by` likes to work; 0 minutes: no reminder of a pause."""
    chosen = {
        "shortcuts": shortcuts,
        "blur": blur,
        "greyscale": greyscale,
        "pause_minutes": pause_minutes,
    }
    return ModeratorSettings.objects.update_or_create(user=by, defaults=chosen)[0]


def count_severe(*, by: User) -> None:
    """Add one to the severe items that `by` has seen today."""
    seen, _new = SeenToday.objects.get_or_create(user=by, day=timezone.localdate())
    SeenToday.objects.filter(pk=seen.pk).update(severe=F("severe") + 1)
