from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import Progress

from modelops.csv_files import LANGUAGES, LAYOUTS
from modelops.errors import OperationFailed
from modelops.management.import_report import dataset_line
from modelops.management.site_command import SiteCommand
from modelops.models import Dataset
from modelops.services.import_dataset import ImportReport, InvalidRows, import_dataset
from modelops.words import grouped


class Command(SiteCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Register a CSV or TSV file of labelled texts (plain or gzipped) as a dataset."
        )
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--name", required=True, help=_("what the site calls it"))
        parser.add_argument("--format", choices=["auto", *LAYOUTS], default="auto")
        parser.add_argument("--text-column", default="", metavar="T")
        parser.add_argument("--label-column", default="", metavar="L", help=_("0 or 1 in each row"))
        parser.add_argument(
            "--language", choices=LANGUAGES, default="", help=_("of rows without one")
        )
        parser.add_argument("--split", choices=Dataset.Split.values, default=Dataset.Split.TRAIN)
        parser.add_argument("--licence", default="")
        parser.add_argument("--source", default="", help=_("where the texts come from"))
        parser.add_argument("--skip-invalid", action="store_true", help=_("import the good rows"))
        parser.add_argument("--dry-run", action="store_true", help=_("check and count only"))
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._import(options)
        except InvalidRows as error:
            if options["json"]:
                self._print_json(error.report)
            raise CommandError(str(error)) from error
        except OperationFailed as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self._print_json(report)
        else:
            self._print(report)

    def _import(self, options: dict[str, Any]) -> ImportReport:
        path = options["file"]
        size = path.stat().st_size if path.is_file() else None
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task(_("Reading"), total=size)
            return import_dataset(
                path=path,
                name=options["name"],
                by=None,
                layout=options["format"],
                text_column=options["text_column"],
                label_column=options["label_column"],
                language=options["language"],
                split=options["split"],
                licence=options["licence"],
                source=options["source"],
                dry_run=options["dry_run"],
                skip_invalid=options["skip_invalid"],
                progress=lambda done: progress.update(task, completed=done),
            )

    def _print(self, report: ImportReport) -> None:
        for error in report.errors:
            self.stdout.write(f"  {error}")
        counts = {name: grouped(count) for name, count in _counts(report).items()}
        found = sorted(report.language_counts.items())
        languages = ", ".join(f"{_language(name)} {grouped(count)}" for name, count in found)
        self.stdout.write(
            _(
                "Rows read: %(rows_read)s; toxic: %(toxic)s; not toxic: %(not_toxic)s; "
                "rejected: %(rejected)s; repeated texts: %(duplicates)s; "
                "texts labelled both ways: %(conflicts)s."
            )
            % counts
        )
        if report.erased:
            left_out = _("Left out, since this site was told to forget them: %(erased)s.")
            self.stdout.write(left_out % counts)
        self.stdout.write(_("Languages: %(languages)s") % {"languages": languages})
        self.stdout.write(dataset_line(report))

    def _print_json(self, report: ImportReport) -> None:
        dataset = report.dataset
        answer = {
            **_counts(report),
            "language_counts": dict(report.language_counts),
            "errors": [
                {"line": error.line, "field": error.field, "message": error.message}
                for error in report.errors
            ],
            "digest": report.digest,
            "dataset": dataset.name if dataset else None,
            "created": report.created,
        }
        self.stdout.write(json.dumps(answer, ensure_ascii=False))


def _language(code: str) -> str:
    return _("without a language") if code == "und" else code


def _counts(report: ImportReport) -> dict[str, int]:
    names = ("rows_read", "toxic", "not_toxic", "rejected", "erased", "duplicates", "conflicts")
    return {name: getattr(report, name) for name in names}
