from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops.errors import OperationFailed
from modelops.management.site_command import SiteCommand
from modelops.models import Door
from modelops.reconcile_texts import finding_text
from modelops.services.reconcile_store import Report, reconcile_store


class Command(SiteCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Compare the model files with their rows: what a crash, a full disk or somebody's hand "
            "left behind. Ends with a status other than 0 while something does not fit."
        )
        parser.add_argument(
            "--fix", action="store_true", help=_("bring files and rows together again")
        )
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = reconcile_store(fix=options["fix"], by=None, door=Door.COMMAND)
        except OperationFailed as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self._print_json(report)
        else:
            for finding in report.findings:
                self.stdout.write(f"  {finding_text(finding)}")
        if report.left:
            raise CommandError(_left(len(report.left), fix=options["fix"]))
        if not options["json"]:
            self.stdout.write(_summary(report))

    def _print_json(self, report: Report) -> None:
        findings = [
            {**asdict(finding), "text": finding_text(finding)} for finding in report.findings
        ]
        answer = {"consistent": not report.left, "findings": findings}
        self.stdout.write(json.dumps(answer, ensure_ascii=False))


def _summary(report: Report) -> str:
    if not report.findings:
        return _("Files and rows fit together.")
    count = len(report.findings)
    return ngettext(
        "%(count)s thing did not fit and does now.",
        "%(count)s things did not fit and do now.",
        count,
    ) % {"count": count}


def _left(count: int, *, fix: bool) -> str:
    if fix:
        return ngettext(
            "%(count)s thing still does not fit; see above.",
            "%(count)s things still do not fit; see above.",
            count,
        ) % {"count": count}
    return ngettext(
        "%(count)s thing does not fit. “reconcile_store --fix” puts it right.",
        "%(count)s things do not fit. “reconcile_store --fix” puts them right.",
        count,
    ) % {"count": count}
