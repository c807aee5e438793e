from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from modelops.management.site_command import SiteCommand
from modelops.words import system_reason
from moderation.models import AnalysisLabel
from moderation.selectors import newest_labels
from moderation.tables import written_at_once

COLUMNS = (
    "text",
    "toxic",
    "category",
    "language",
    "labelled_by",
    "labelled_at",
    "analysis",
    "external_id",
    "source",
    "score",
    "model_version",
    "decision",
    "mode",
    "weight",
    "policy",
)


class Command(SiteCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Write what people said is right, with who said it and when, as CSV (.csv or .csv.gz). "
            "Texts are written exactly as they are, for import_dataset; the file is not meant for "
            "spreadsheets, the export in the history is."
        )
        parser.add_argument("file", metavar="FILE", type=Path)
        parser.add_argument("--json", action="store_true", help=_("print the summary as JSON"))

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        labels = newest_labels().select_related("analysis", "by", "decision__policy")
        count = toxic = 0
        try:
            with written_at_once(path) as handle:
                writer = csv.writer(handle, lineterminator="\n")
                writer.writerow(COLUMNS)
                for label in labels.iterator(chunk_size=1000):
                    writer.writerow(_row(label))
                    count += 1
                    toxic += label.toxic
        except OSError as error:
            raise CommandError(
                _("%(file)s can't be written: %(reason)s")
                % {"file": path, "reason": system_reason(error)}
            ) from error
        summary = {"file": str(path), "labels": count, "toxic": toxic, "not_toxic": count - toxic}
        if options["json"]:
            self.stdout.write(json.dumps(summary, ensure_ascii=False))
            return
        self.stdout.write(
            _("%(file)s: %(labels)s labels, %(toxic)s toxic, %(not_toxic)s not toxic.") % summary
        )


def _row(label: AnalysisLabel) -> tuple[Any, ...]:
    analysis, decision = label.analysis, label.decision
    return (
        analysis.text,
        int(label.toxic),
        label.category,
        analysis.language,
        label.by.get_username(),
        label.created_at.isoformat(),
        analysis.pk,
        analysis.external_id,
        analysis.source,
        analysis.score,
        analysis.model_version,
        decision.action if decision else "",
        decision.mode if decision else "",
        label.weight,
        decision.policy.number if decision else "",
    )
