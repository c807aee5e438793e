from __future__ import annotations

from argparse import ArgumentTypeError
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from modelops.management.site_command import SiteCommand
from moderation.services import issue_token


class Command(SiteCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Make a token for the API. The token is the last line; it is shown this once."
        )
        parser.add_argument("user", metavar="USER", help=_("whose permissions the token carries"))
        parser.add_argument(
            "--expires", type=_days, metavar="DAYS", help=_("without it, the token does not expire")
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["user"]
        user = get_user_model().objects.filter(username=name).first()
        if user is None:
            raise CommandError(_("There is no user “%(name)s”.") % {"name": name})
        if not user.is_active:
            raise CommandError(_("The user “%(name)s” is not active.") % {"name": name})
        self.stdout.write(issue_token(user=user, days=options["expires"]))


def _days(value: str) -> int:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 36_500:
        raise ArgumentTypeError(_("a number of days from 1 to 36500 is expected"))
    return int(value)
