from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _

from modelops.errors import StoreError


@contextmanager
def changing_rows() -> Iterator[None]:
    """A transaction whose failure, on a full disk for instance, is one sentence for people.

    Raises StoreError for what the database can't do; IntegrityError stays as it is.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        raise
    except DatabaseError as error:
        reason = str(error).strip().partition("\n")[0]
        raise StoreError(
            _("The database can't be written (%(reason)s); nothing changed.") % {"reason": reason}
        ) from error
