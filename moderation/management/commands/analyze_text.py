from __future__ import annotations

import csv
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.progress import Progress

from modelops import serving
from modelops.management.site_command import SiteCommand
from modelops.validators import check_text
from modelops.words import system_reason
from moderation.models import Analysis, Category, Decision, UnscoredText
from moderation.services import AnalysisInput, AnalysisOutcome, analyze_texts
from moderation.services.unscored import keep_unscored
from moderation.tables import BadFile, RefusedText, read_texts, written_at_once

AT_ONCE = 500  # texts that are scored and stored together
NAMED = 20  # rows that are told by number
ADDED = ("score", "toxic", "decision", "category", "labels", "language", "model_version")


class Command(SiteCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Score a text, the text on standard input (-), or each row of a file. "
            "Nothing is stored without --store."
        )
        parser.add_argument("text", metavar="TEXT", nargs="?", help=_("the text; - reads it"))
        parser.add_argument(
            "--file", type=Path, metavar="IN", help=_("CSV with a header, or .jsonl")
        )
        parser.add_argument("--column", default="text", help=_("where the text is (default: text)"))
        parser.add_argument("--language", choices=serving.LANGUAGES, help=_("default: detected"))
        parser.add_argument("--output", type=Path, metavar="OUT", help=_("the rows with verdicts"))
        parser.add_argument("--store", action="store_true", help=_("keep the analyses"))
        parser.add_argument(
            "--source", default="", metavar="NAME", help=_("with --store: from where")
        )
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))
        parser.add_argument(
            "--fail-on",
            choices=["review", "block"],
            help=_("exit with status 1 when a text is at least to be reviewed, or blocked"),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._check_options(options)
        self.unscored: list[UnscoredText] = []
        rows = self._rows(options)
        inputs = [
            AnalysisInput(
                text=row[options["column"]],
                language=options["language"],
                source=options["source"],
                store=options["store"],
            )
            for row in rows
        ]
        records = [outcome.record for outcome in self._outcomes(inputs)]
        if self.unscored:
            keep_unscored(texts=self.unscored)
            self._tell_unscored()
        if options["output"]:
            self._write(options["output"], rows, records)
        self._print(records, options)
        self._fail(records, options["fail_on"])

    def _check_options(self, options: dict[str, Any]) -> None:
        if (options["text"] is None) == (options["file"] is None):
            raise CommandError(_("Give either a text, or - for standard input, or --file."))
        if options["source"] and not options["store"]:
            raise CommandError(_("--source says where stored texts come from: add --store."))
        if len(options["source"]) > 100:
            raise CommandError(_("--source has at most 100 characters."))
        if options["output"] and not options["file"]:
            raise CommandError(_("--output needs --file."))
        if options["output"] and options["output"].is_dir():
            raise CommandError(_("%(file)s is a folder.") % {"file": options["output"]})

    def _rows(self, options: dict[str, Any]) -> list[dict[str, Any]]:
        if options["file"]:
            # what is to be kept and can't be scored waits for a person, beside the queue
            refused: list[RefusedText] | None = [] if options["store"] else None
            try:
                rows = read_texts(options["file"], column=options["column"], refused=refused)
            except BadFile as error:
                raise CommandError(str(error)) from error
            self.unscored = [_unscored(one, options) for one in refused or ()]
            return rows
        text = options["text"]
        try:
            if text == "-":
                text = sys.stdin.read().removesuffix("\n")
            check_text(text)
        except UnicodeDecodeError as error:
            raise CommandError(_("Standard input is not UTF-8.")) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        return [{options["column"]: text}]

    def _outcomes(self, inputs: Sequence[AnalysisInput]) -> Iterator[AnalysisOutcome]:
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task(_("Analysing"), total=len(inputs))
            for start in range(0, len(inputs), AT_ONCE):
                part = inputs[start : start + AT_ONCE]
                try:
                    yield from analyze_texts(items=part, by=None)
                except serving.ModelUnavailable as error:
                    raise CommandError(str(error)) from error
                progress.advance(task, len(part))

    def _tell_unscored(self) -> None:
        count = len(self.unscored)
        told = ngettext(
            "%(count)s row can't be scored; it is on the list of texts without a score: %(rows)s.",
            "%(count)s rows can't be scored; they are on the list of texts without a score: "
            "%(rows)s.",
            count,
        )
        rows = [str(text.row) for text in self.unscored[:NAMED]] + ["…"] * (count > NAMED)
        self.stderr.write(told % {"count": count, "rows": ", ".join(rows)})

    def _write(
        self, path: Path, rows: Sequence[dict[str, Any]], records: Sequence[Analysis]
    ) -> None:
        names = list(dict.fromkeys(name for row in rows for name in row))
        try:
            with written_at_once(path) as handle:
                writer = csv.DictWriter(handle, [*names, *(n for n in ADDED if n not in names)])
                writer.writeheader()
                for row, record in zip(rows, records, strict=True):
                    writer.writerow({**row, **_verdict(record)})
        except OSError as error:
            raise CommandError(
                _("%(file)s can't be written: %(reason)s")
                % {"file": path, "reason": system_reason(error)}
            ) from error

    def _print(self, records: Sequence[Analysis], options: dict[str, Any]) -> None:
        counts = Counter(record.decision for record in records)
        summary: dict[str, Any] = {
            "texts": len(records),
            **{decision: counts[decision] for decision in Decision.values},
            "stored": sum(record.pk is not None for record in records),
            "unscored": len(self.unscored),
            "model_version": records[0].model_version if records else "-",
        }
        if options["json"]:
            results = [
                {"id": record.pk, "text": record.text, **_verdict(record, as_json=True)}
                for record in records
            ]
            report = {"results": results, "summary": summary}
            self.stdout.write(json.dumps(report, ensure_ascii=False, indent=2))
            return
        if not options["output"]:
            for record in records:
                self.stdout.write(_line(record))
        words = ngettext(
            "%(texts)s text: %(allow)s allowed, %(review)s to review, %(block)s blocked; "
            "%(stored)s stored; model %(model_version)s.",
            "%(texts)s texts: %(allow)s allowed, %(review)s to review, %(block)s blocked; "
            "%(stored)s stored; model %(model_version)s.",
            summary["texts"],
        )
        self.stdout.write(words % summary)

    def _fail(self, records: Sequence[Analysis], limit: str | None) -> None:
        severe = {"review": (Decision.REVIEW, Decision.BLOCK), "block": (Decision.BLOCK,)}
        count = sum(record.decision in severe.get(limit or "", ()) for record in records)
        if limit and count:
            words = ngettext(
                "%(count)s text reaches “%(limit)s” (--fail-on).",
                "%(count)s texts reach “%(limit)s” (--fail-on).",
                count,
            )
            raise CommandError(words % {"count": count, "limit": Decision(limit).label})


def _unscored(refused: RefusedText, options: dict[str, Any]) -> UnscoredText:
    return UnscoredText(
        text=refused.text,
        problem=refused.problem,
        row=refused.row,
        language=options["language"] or "",
        source=options["source"],
    )


def _verdict(record: Analysis, *, as_json: bool = False) -> dict[str, Any]:
    return {
        "score": record.score,
        "toxic": record.toxic if as_json else int(record.toxic),
        "decision": record.decision,
        "category": record.category or (None if as_json else ""),
        "labels": record.labels if as_json else " ".join(record.labels),
        "language": record.language,
        "model_version": record.model_version,
        **({"rules": record.rules} if as_json else {}),
    }


def _line(record: Analysis) -> str:
    """`37.5 %  To review  Insult  es  first words…`, on one line, without control characters."""
    words = "".join(char if char.isprintable() else " " for char in record.text[:200])
    words = " ".join(words.split())
    category = Category(record.category).label if record.category else "-"
    share = number_format(record.toxicity_percentage, 1)
    return (
        f"{share:>5} %  {Decision(record.decision).label:<12}  "
        f"{category:<16}  {record.language:<3}  {words[:80]}{'…' if len(record.text) > 80 else ''}"
    )
