"""Empty texts that could not be scored, whether they still wait or not."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from moderation.models import UnscoredText

State = UnscoredText.State


@transaction.atomic
def forget_unscored(*, texts: QuerySet[UnscoredText], by: User | None) -> int:
    """Erase text, author and id of `texts`; those that wait are off the list. Returns how many."""
    chosen = UnscoredText.objects.filter(pk__in=list(texts.values_list("pk", flat=True)))
    chosen.filter(state=State.WAITING).update(
        state=State.DISMISSED, settled_at=timezone.now(), settled_by=by
    )
    return chosen.update(text="", author="", external_id="")
