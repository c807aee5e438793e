"""What argparse and Django say about a command line, in the site's language.

They say it in English, with the values already in it; so it is told by its form.
"""

from __future__ import annotations

import re
import sys
from argparse import Action
from collections.abc import Iterable
from typing import Any, NoReturn

from django.core.management.base import CommandError, CommandParser, DjangoHelpFormatter
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

_FORMS = tuple(
    (re.compile(form, re.DOTALL), text)
    for form, text in (
        (
            r"unrecognized arguments: (?P<names>.+)",
            gettext_noop("unrecognized arguments: %(names)s"),
        ),
        (
            r"the following arguments are required: (?P<names>.+)",
            gettext_noop("the following arguments are required: %(names)s"),
        ),
        (
            r"one of the arguments (?P<names>.+) is required",
            gettext_noop("one of the arguments %(names)s is required"),
        ),
        (
            r"ambiguous option: (?P<option>\S+) could match (?P<names>.+)",
            gettext_noop("ambiguous option: %(option)s could match %(names)s"),
        ),
        (r"not allowed with argument (?P<name>.+)", gettext_noop("not allowed with %(name)s")),
        (r"ignored explicit argument (?P<value>.+)", gettext_noop("takes no value: %(value)s")),
        (r"expected (one|1) argument", gettext_noop("needs a value")),
        (r"expected at least one argument", gettext_noop("needs at least one value")),
        (r"expected at most one argument", gettext_noop("takes at most one value")),
        (r"expected (?P<count>\d+) arguments", gettext_noop("needs %(count)s values")),
        (
            r"invalid int value: (?P<value>.+)",
            gettext_noop("%(value)s is not a whole number"),
        ),
        (r"invalid float value: (?P<value>.+)", gettext_noop("%(value)s is not a number")),
        (
            r"invalid choice: (?P<value>.+) \(choose from (?P<choices>.+)\)",
            gettext_noop("%(value)s is not one of: %(choices)s"),
        ),
    )
)
_OF_ONE = re.compile(r"argument (?P<name>\S+): (?P<message>.+)", re.DOTALL)
# headings and help of argparse and Django, for the catalogues
_SAID = (
    gettext_noop("positional arguments"),
    gettext_noop("options"),
    gettext_noop("show this help message and exit"),
    gettext_noop("Show program's version number and exit."),
    gettext_noop(
        "Verbosity level; 0=minimal output, 1=normal output, 2=verbose output, 3=very verbose "
        "output"
    ),
    gettext_noop(
        'The Python path to a settings module, e.g. "myproject.settings.main". If this isn\'t '
        "provided, the DJANGO_SETTINGS_MODULE environment variable will be used."
    ),
    gettext_noop('A directory to add to the Python path, e.g. "/home/djangoprojects/myproject".'),
    gettext_noop("Display a full stack trace on CommandError exceptions."),
    gettext_noop("Don't colorize the command output."),
    gettext_noop("Force colorization of the command output."),
    gettext_noop("Skip system checks."),
)


def in_words(message: str) -> str:
    """An error of argparse in the active language; one of an unknown form as it is."""
    if of_one := _OF_ONE.fullmatch(message):
        return _("argument %(name)s: %(message)s") % {
            "name": of_one["name"],
            "message": in_words(of_one["message"]),
        }
    for form, text in _FORMS:
        if found := form.fullmatch(message):
            return _(text) % found.groupdict()
    return message


class SiteHelpFormatter(DjangoHelpFormatter):
    """Usage and help in the site's language."""

    def add_usage(
        self, usage: str | None, actions: Iterable[Action], groups: Any, prefix: str | None = None
    ) -> None:
        super().add_usage(usage, actions, groups, _("usage: ") if prefix is None else prefix)

    def start_section(self, heading: str | None) -> None:
        super().start_section(_(heading) if heading else heading)

    def _get_help_string(self, action: Action) -> str | None:
        return _(action.help) if action.help else action.help


class SiteParser(CommandParser):
    """Django's parser of a command, with errors in the site's language."""

    @classmethod
    def like(cls, parser: CommandParser) -> SiteParser:
        """The same arguments, which may have been added already."""
        return cls(
            prog=parser.prog,
            description=parser.description,
            epilog=parser.epilog,
            formatter_class=parser.formatter_class,
            missing_args_message=parser.missing_args_message,
            called_from_command_line=parser.called_from_command_line,
            parents=[parser],
            add_help=False,
        )

    def error(self, message: str) -> NoReturn:
        if not self.called_from_command_line:
            raise CommandError(in_words(message))
        self.print_usage(sys.stderr)
        told = {"prog": self.prog, "message": in_words(message)}
        self.exit(2, _("%(prog)s: error: %(message)s") % told + "\n")
