from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.progress import Progress

from modelops.errors import OperationFailed
from modelops.management.site_command import SiteCommand
from moderation.services.import_history import HistoryReport, import_history

NAMED = 20  # rows that are told by number


class Command(SiteCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Take over the history of the first ToxiGuard from its SQLite file. Rows that are here "
            "already are passed over, so an import that was cut off is simply started again."
        )
        parser.add_argument("file", type=Path, metavar="FILE.db")
        parser.add_argument("--dry-run", action="store_true", help=_("check and count only"))
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task(_("Reading"), total=None)
            try:
                report = import_history(
                    path=options["file"],
                    dry_run=options["dry_run"],
                    progress=lambda done, total: progress.update(task, completed=done, total=total),
                )
            except OperationFailed as error:
                raise CommandError(str(error)) from error
        if options["json"]:
            self._print_json(report, dry_run=options["dry_run"])
        else:
            self._print(report, dry_run=options["dry_run"])

    def _print_json(self, report: HistoryReport, *, dry_run: bool) -> None:
        answer = {
            **_counts(report),
            "errors": [{"id": number, "message": reason} for number, reason in report.rejected],
            "dry_run": dry_run,
        }
        self.stdout.write(json.dumps(answer, ensure_ascii=False))

    def _print(self, report: HistoryReport, *, dry_run: bool) -> None:
        for number, reason in report.rejected[:NAMED]:
            self.stdout.write(f"  id {number}: {reason}")
        if (more := len(report.rejected) - NAMED) > 0:
            self.stdout.write("  … " + _("and %(count)s more") % {"count": more})
        counts = _counts(report)
        self.stdout.write(
            _(
                "Rows read: %(rows_read)s; here already: %(present)s; erased here before: "
                "%(erased)s; older than texts are kept: %(expired)s; rejected: %(rejected)s."
            )
            % counts
        )
        if dry_run:
            told = ngettext(
                "Dry run: %(imported)s analysis would be imported.",
                "Dry run: %(imported)s analyses would be imported.",
                report.imported,
            )
        else:
            told = ngettext(
                "%(imported)s analysis imported.",
                "%(imported)s analyses imported.",
                report.imported,
            )
        self.stdout.write(told % counts)


def _counts(report: HistoryReport) -> dict[str, int]:
    return {
        "rows_read": report.read,
        "imported": report.imported,
        "present": report.present,
        "erased": report.erased,
        "expired": report.expired,
        "rejected": len(report.rejected),
    }
