"""Rebuild the starter model from the labelled files, verify it, or measure it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from modelops import starter_digests
from modelops.management.site_command import SiteCommand
from modelops.ml.artifacts import (
    NUMERIC_FILES,
    NumericModel,
    content_digest,
    read_numeric,
    write_numeric,
)
from modelops.ml.corpus import own_sentences
from modelops.ml.scorer import Scorer
from modelops.ml.starter import SEED, build_starter
from modelops.ml.starter_figures import figures

MOST_DIFFERENCE = 1e-4


class Command(SiteCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _("Rebuilds the starter model from the labelled files.")
        parser.add_argument(
            "--data", type=Path, default=settings.TRAINING_DATA_DIR,
            help=_("folder with the labelled files"),
        )  # fmt: skip
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--verify", action="store_true",
            help=_("rebuild, write nothing, and compare with the committed starter"),
        )  # fmt: skip
        what.add_argument(
            "--measure", action="store_true",
            help=_("measure the committed starter and write FIGURES.md beside it"),
        )  # fmt: skip

    def handle(self, *, data: Path, verify: bool, measure: bool, **options: Any) -> None:
        folder = settings.STARTER_DIR
        try:
            if measure:
                (folder / "FIGURES.md").write_text(figures(read_numeric(folder), data))
                self.stdout.write(_("Figures written to %(file)s") % {"file": "FIGURES.md"})
                return
            model = build_starter(data, report=self._report)
        except FileNotFoundError as error:
            raise CommandError(
                _("%(file)s is missing; name the folder with --data") % {"file": error.filename}
            ) from error
        if verify:
            self._verify(model, read_numeric(folder))
            return
        folder.mkdir(parents=True, exist_ok=True)
        write_numeric(model, folder)
        self._pin(folder)
        self.stdout.write(_("Starter built, digest %(digest)s") % {"digest": content_digest(model)})

    def _report(self, share: float, step: str) -> None:
        self.stderr.write(f"{share:4.0%} {step}")

    def _pin(self, folder: Path) -> None:
        """Write the digests that the code accepts for the starter's files."""
        lines = "".join(
            f'    "{name}": "{hashlib.sha256((folder / name).read_bytes()).hexdigest()}",\n'
            for name in NUMERIC_FILES
        )
        path = Path(starter_digests.__file__)
        head, _sep, _rest = path.read_text().partition("STARTER_DIGESTS")
        path.write_text(f"{head}STARTER_DIGESTS: dict[str, str] = {{\n{lines}}}\n")

    def _verify(self, rebuilt: NumericModel, committed: NumericModel) -> None:
        texts = [
            text
            for language in ("es", "en")
            for text in own_sentences(language, seed=SEED, per_template=1).texts
        ]
        difference = max(
            float(
                np.abs(
                    Scorer(rebuilt).raw_probabilities(texts, head)
                    - Scorer(committed).raw_probabilities(texts, head)
                ).max()
            )
            for head in committed.heads
        )
        same = content_digest(rebuilt) == content_digest(committed)
        self.stdout.write(
            _("Digest: %(word)s") % {"word": _("the same") if same else _("different")}
        )
        self.stdout.write(
            _("Largest probability difference over %(count)d sentences: %(difference).2e")
            % {"count": len(texts), "difference": difference}
        )
        if difference > MOST_DIFFERENCE:
            raise CommandError(
                _("The rebuilt model differs by more than %(limit)g") % {"limit": MOST_DIFFERENCE}
            )
