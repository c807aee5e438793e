"""What the commands have in common."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, Literal

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError
from django.utils.translation import gettext as _

from modelops.management.logs import log_put_aside
from modelops.management.parser import SiteHelpFormatter, SiteParser


class SiteCommand(BaseCommand):
    """A command in the site's language, which tells people what they asked for and no more.

    It says so when there is no database, or one without tables. Of the system checks it makes
    the site's own; Django's would import every page, and `migrate` makes them. `log_is_output`: the
    log is what people run it for.
    """

    requires_system_checks: list[str] | tuple[str, ...] | Literal["__all__"] = ("toxiguard",)
    log_is_output = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        kwargs.setdefault("formatter_class", SiteHelpFormatter)
        return SiteParser.like(super().create_parser(prog_name, subcommand, **kwargs))

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            with nullcontext() if self.log_is_output else log_put_aside():
                return super().execute(*args, **options)
        except (OperationalError, ProgrammingError) as error:
            reason = str(error).strip().partition("\n")[0]
            raise CommandError(
                _("The database can't be used (%(reason)s). Is “python manage.py migrate” done?")
                % {"reason": reason}
            ) from error
