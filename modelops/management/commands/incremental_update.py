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
from modelops.errors import NoLiveVersion, OperationFailed
from modelops.labels import count_labels
from modelops.management.foreground import raise_unless_done, train
from modelops.management.import_report import dataset_line
from modelops.management.site_command import SiteCommand
from modelops.management.training_report import (
    ROWS,
    done_line,
    label_rows,
    left_out_lines,
    outcome_lines,
    rows_line,
    run_json,
    run_lines,
    versions,
    versions_line,
)
from modelops.ml.simulate import FEWEST
from modelops.model_info import advice_line, label_counts, status_lines
from modelops.models import LivePointer, TrainingRun
from modelops.selectors import needs_retraining
from modelops.services.import_dataset import ImportReport, import_dataset

Kind = TrainingRun.Kind
Options = dict[str, Any]
# how a file is to be read: option -> argument of `read_rows`
READING = {
    "format": "layout",
    "text_column": "text_column",
    "label_column": "label_column",
    "language": "language",
}


class Command(SiteCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Learn from new labels, in a moment. Without an option: whether the model needs it, "
            "then --from-history. Everything runs here and now; no worker is needed."
        )
        add = parser.add_mutually_exclusive_group().add_argument
        add("--status", action="store_true", help=_("what there is to learn; changes nothing"))
        add(
            "--csv", type=Path, metavar="FILE",
            help=_("keep the labelled texts of a file as a dataset, and learn from them"),
        )  # fmt: skip
        add(
            "--from-history", action="store_true",
            help=_("learn from what people said, in labels and datasets"),
        )  # fmt: skip
        add(
            "--simulate", type=int, metavar="N",
            help=_("try it with N comments made up from the project's own templates"),
        )  # fmt: skip
        parser.add_argument(
            "--days", type=int, metavar="N",
            help=_("with --from-history: of new labels only those of the last N days"),
        )  # fmt: skip
        parser.add_argument(
            "--seed", type=int, metavar="S", help=_("with --simulate: other comments")
        )
        parser.add_argument("--format", choices=["auto", *LAYOUTS], default="auto")
        parser.add_argument("--text-column", default="", metavar="T")
        parser.add_argument("--label-column", default="", metavar="L", help=_("0 or 1 in each row"))
        parser.add_argument(
            "--language", choices=LANGUAGES, default="", help=_("of rows without one")
        )
        parser.add_argument(
            "--dry-run", action="store_true",
            help=_("learn and ask the gate, but keep and publish nothing"),
        )  # fmt: skip
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        self._check(options)
        try:
            self._do(options)
        except OperationFailed as error:
            raise CommandError(str(error)) from error

    def _check(self, options: Options) -> None:
        by_itself = not (options["status"] or options["csv"] or options["simulate"] is not None)
        if options["days"] is not None:
            if not by_itself:
                raise CommandError(_("--days goes with --from-history."))
            if options["days"] < 1:
                raise CommandError(_("--days is 1 or more."))
        if options["seed"] is not None:
            if options["simulate"] is None:
                raise CommandError(_("--seed goes with --simulate."))
            if options["seed"] < 0:
                raise CommandError(_("--seed is 0 or more."))
        if options["simulate"] is not None and options["simulate"] < FEWEST:
            raise CommandError(
                _("--simulate needs at least %(fewest)s comments.") % {"fewest": FEWEST}
            )
        if not options["csv"] and any(options[name] not in ("", "auto") for name in READING):
            raise CommandError(
                _("--format, --text-column, --label-column and --language go with --csv.")
            )

    def _do(self, options: Options) -> None:
        if options["status"]:
            self._status(options)
        elif options["csv"]:
            self._learn_file(options)
        elif options["simulate"] is not None:
            self._simulate(options)
        else:
            self._learn_history(options, asked=options["from_history"])

    def _status(self, options: Options) -> None:
        pointer = LivePointer.current()
        if pointer is None:
            raise NoLiveVersion
        version = pointer.version.version
        named: dict[str, str | None] = {"version_before": version, "version_after": version}
        labels = count_labels().to_json()
        rows = label_rows(labels)
        if options["json"]:
            answer = {"mode": "status", **rows, "labels": {**labels, **label_counts()}}
            self._print_json({**answer, **named, **needs_retraining()})
            return
        self._print_rows(rows, labels)
        for line in status_lines():
            self.stdout.write(line)
        self.stdout.write(versions_line(named))
        self.stdout.write(advice_line())

    def _learn_history(self, options: Options, *, asked: bool) -> None:
        if not asked and not options["json"]:
            for line in status_lines():
                self.stdout.write(line)
            self.stdout.write(advice_line())
        run = train(
            kind=Kind.INCREMENTAL,
            parameters={"days": options["days"], "dry_run": options["dry_run"]},
        )
        labels = run.result.get("labels")
        rows = label_rows(labels) if labels else dict.fromkeys(ROWS, 0)
        if not options["json"] and labels:
            self._print_rows(rows, labels)
        self._finish(run, {"mode": "from-history", **rows}, options, outcome_lines)

    def _learn_file(self, options: Options) -> None:
        report = self._read_file(options)
        rows = {name: getattr(report, name) for name in ROWS}
        if not options["json"]:
            self._print_report(report, rows)
        parameters: dict[str, Any] = {"days": None, "dry_run": options["dry_run"]}
        if options["dry_run"]:
            # nothing was kept, so the run reads the file itself
            parameters["csv"] = {
                "path": str(options["csv"].resolve()),
                "options": _reading(options),
            }
        run = train(kind=Kind.INCREMENTAL, parameters=parameters)
        answer = {
            "mode": "csv",
            **rows,
            "errors": [
                {"line": error.line, "field": error.field, "message": error.message}
                for error in report.errors
            ],
            "dataset": report.dataset.name if report.dataset else None,
        }
        self._finish(run, answer, options, run_lines)

    def _read_file(self, options: Options) -> ImportReport:
        path = options["csv"]
        size = path.stat().st_size if path.is_file() else None
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task(_("Reading"), total=size)
            return import_dataset(
                path=path,
                name=path.name.removesuffix(".gz").removesuffix(".csv")[:100],
                by=None,
                source=_("incremental update"),
                dry_run=options["dry_run"],
                skip_invalid=True,
                progress=lambda done: progress.update(task, completed=done),
                **_reading(options),
            )

    def _print_report(self, report: ImportReport, rows: dict[str, int]) -> None:
        for error in report.errors:
            self.stdout.write(f"  {error}")
        if report.rejected > len(report.errors):
            self.stdout.write("  …")
        self.stdout.write(rows_line(rows))
        if report.dataset is not None:
            self.stdout.write(dataset_line(report))

    def _simulate(self, options: Options) -> None:
        run = train(
            kind=Kind.SIMULATE,
            parameters={"count": options["simulate"], "dry_run": options["dry_run"]},
            seed=options["seed"],
        )
        rows = run.result.get("simulated") or dict.fromkeys(ROWS, 0)
        if not options["json"]:
            self.stdout.write(rows_line(rows))
        self._finish(run, {"mode": "simulate", **rows}, options, outcome_lines)

    def _finish(
        self, run: TrainingRun, answer: dict[str, Any], options: Options, lines: Any
    ) -> None:
        if options["json"]:
            self._print_json(
                {**answer, "dry_run": options["dry_run"], **versions(run), "run": run_json(run)}
            )
            raise_unless_done(run)
            return
        for line in lines(run):
            self.stdout.write(line)
        raise_unless_done(run)
        self.stdout.write(done_line(run))

    def _print_rows(self, rows: dict[str, int], labels: dict[str, int]) -> None:
        self.stdout.write(rows_line(rows))
        for line in left_out_lines(labels):
            self.stdout.write(line)

    def _print_json(self, answer: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(answer, ensure_ascii=False, default=str))


def _reading(options: Options) -> dict[str, Any]:
    return {argument: options[option] for option, argument in READING.items()}
