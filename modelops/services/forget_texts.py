from __future__ import annotations

import itertools
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from modelops.models import ErasedText

CHUNK = 500


def forget_texts(*, digests: Iterable[str]) -> int:
    """Note texts (SHA-256 of each) that must be forgotten; return how many were named.

    Training leaves them out from now on; files lose them at the next `purge_erased_texts`. Quick,
    and part of the caller's transaction.
    """
    now = timezone.now()
    count = 0
    with transaction.atomic():
        names = iter(dict.fromkeys(digests))
        while chunk := list(itertools.islice(names, CHUNK)):
            known = ErasedText.objects.filter(text_digest__in=chunk)
            known.update(erased_at=now, purged_at=None)
            rows = (ErasedText(text_digest=digest, erased_at=now) for digest in chunk)
            ErasedText.objects.bulk_create(rows, ignore_conflicts=True)
            count += len(chunk)
    return count


def forgotten_texts(*, digests: Iterable[str]) -> set[str]:
    """Those of `digests` (SHA-256 of exact texts) that must be forgotten."""
    names, found = iter(dict.fromkeys(digests)), set[str]()
    while chunk := list(itertools.islice(names, CHUNK)):
        known = ErasedText.objects.filter(text_digest__in=chunk)
        found.update(known.values_list("text_digest", flat=True))
    return found
