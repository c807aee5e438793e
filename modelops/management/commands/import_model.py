from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from modelops.errors import OperationFailed
from modelops.management.site_command import SiteCommand
from modelops.management.terminal import NobodyAnswers, confirmed, interactive
from modelops.models import Door, ModelVersion
from modelops.services.import_model import import_model
from modelops.words import grouped


class Command(SiteCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Make a version of a model that was exported elsewhere. It is not live until promoted."
        )
        parser.add_argument(
            "folder", type=Path, metavar="FOLDER", help=_("exported folder or archive")
        )
        parser.add_argument(
            "--trust-pickle",
            action="store_true",
            help=_("read a scikit-learn model (LogisticRegression and TfidfVectorizer) once"),
        )
        parser.add_argument("--no-input", action="store_true", help=_("ask nothing"))
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        folder = options["folder"]
        if options["trust_pickle"] and not options["no_input"]:
            self._confirm(folder)
        before = set(ModelVersion.objects.values_list("pk", flat=True))
        try:
            version = import_model(
                folder=folder, trust_pickle=options["trust_pickle"], by=None, door=Door.COMMAND
            )
        except OperationFailed as error:
            raise CommandError(str(error)) from error
        new = version.pk not in before
        imported = version.metadata.get("imported")
        if options["json"]:
            answer = {
                "version": version.version,
                "digest": version.digest,
                "new": new,
                "imported": imported,
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        if imported:
            self.stdout.write(
                _(
                    "Against the original on %(probes)s sentences: probabilities differ by "
                    "%(mean)s on average, by %(most)s at most. Terms spelled like others: "
                    "%(merged_terms)s; terms that can't occur: %(lost_terms)s."
                )
                % {
                    **{name: number_format(imported[name], 3) for name in ("mean", "most")},
                    **{
                        name: grouped(imported[name])
                        for name in ("probes", "merged_terms", "lost_terms")
                    },
                }
            )
        summary = (
            _("Version %(version)s imported. It is not live: promote it when it proves good.")
            if new
            else _("This model is there already, as version %(version)s.")
        )
        self.stdout.write(summary % {"version": version.version})

    def _confirm(self, folder: Path) -> None:
        if not interactive():
            raise CommandError(_("Nobody is there to confirm this; --no-input leaves it out."))
        self.stderr.write(
            _(
                "Pickles can carry out code when they are read. Go on only if you know who made "
                "the files in %(folder)s."
            )
            % {"folder": folder}
        )
        try:
            sure = confirmed(_("Read them?"))
        except NobodyAnswers:
            sure = False
        if not sure:
            raise CommandError(_("Nothing was imported."))
