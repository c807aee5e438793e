"""What the commands have in common."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError
from django.utils.translation import gettext as _


class SiteCommand(BaseCommand):
    """A command that says so when there is no database, or one without tables."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except (OperationalError, ProgrammingError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise CommandError(
                _("The database can't be used (%(reason)s). Is “python manage.py migrate” done?")
                % {"reason": reason}
            ) from error
