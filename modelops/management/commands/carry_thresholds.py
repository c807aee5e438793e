from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rich.console import Console
from rich.progress import Progress

from modelops import serving
from modelops.attributes import PERSPECTIVE, attribute_named
from modelops.carry_texts import named_switches
from modelops.errors import OperationFailed
from modelops.management.site_command import SiteCommand
from modelops.ml.carry import Carried, Switch
from modelops.models import Door
from modelops.scored_files import FORMATS
from modelops.selectors_thresholds import preview_thresholds, site_thresholds
from modelops.services.carry_thresholds import (
    MAX_ROWS,
    CarryReport,
    Comparison,
    apply_carried_thresholds,
    carry_thresholds,
    with_proposed,
)
from modelops.words import percent


class Command(SiteCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Compare the scores that Perspective, or another service, gave to texts with those "
            "here, and find the thresholds that flag as many. No text is kept."
        )
        parser.add_argument(
            "file", type=Path, metavar="FILE", help=_("CSV with a header, or JSON lines")
        )
        parser.add_argument(
            "--threshold",
            action="append",
            default=[],
            metavar="ATTRIBUTE=VALUE",
            help=_("what the old service flagged from: TOXICITY=0.8; once for each attribute"),
        )
        parser.add_argument(
            "--block", type=float, metavar="VALUE", help=_("TOXICITY from which the site blocked")
        )
        parser.add_argument("--text-column", default="text", metavar="T")
        parser.add_argument("--format", choices=FORMATS, default="auto")
        parser.add_argument(
            "--language",
            choices=serving.LANGUAGES,
            default="",
            help=_("of rows without one; default: detected"),
        )
        parser.add_argument(
            "--apply", action="store_true", help=_("set what was found for TOXICITY here")
        )
        parser.add_argument("--reason", default="", help=_("with --apply: why"))
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        thresholds = dict(_threshold(given) for given in options["threshold"])
        if options["apply"] and "TOXICITY" not in thresholds:
            raise CommandError(_("--apply needs --threshold TOXICITY=VALUE."))
        if options["reason"] and not options["apply"]:
            raise CommandError(_("--reason says why something was set: add --apply."))
        try:
            report = self._compare(options, thresholds)
            preview = _preview(report)
            if options["apply"]:
                reason = options["reason"] or _("Carried over from another service")
                apply_carried_thresholds(report=report, by=None, reason=reason, door=Door.COMMAND)
        except OperationFailed as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            answer = _as_json(report) | {"preview": preview, "applied": options["apply"]}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            self._print(report, preview, applied=options["apply"])

    def _compare(self, options: dict[str, Any], thresholds: dict[str, float]) -> CarryReport:
        with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task(_("Analysing"), total=None)
            return carry_thresholds(
                source=options["file"],
                thresholds=thresholds,
                block=options["block"],
                layout=options["format"],
                text_column=options["text_column"],
                language=options["language"],
                limit=MAX_ROWS,
                progress=lambda done, total: progress.update(task, completed=done, total=total),
            )

    def _print(self, report: CarryReport, preview: dict[str, Any] | None, *, applied: bool) -> None:
        for error in report.errors:
            self.stdout.write(f"  {error}")
        counts = {
            "rows": report.rows_read,
            "rejected": report.rejected,
            "others": report.other_languages,
            "version": report.model_version,
        }
        self.stdout.write(
            _(
                "Rows read: %(rows)s; rejected: %(rejected)s; in other languages: %(others)s; "
                "model %(version)s."
            )
            % counts
        )
        for one in report.comparisons:
            self._print_one(one)
        if preview is not None:
            self.stdout.write(
                _("Of the last %(checked)s analyses, %(changed)s would be decided otherwise.")
                % preview
            )
        limits = "; ".join(
            _("%(language)s: review from %(review)s, block from %(block)s")
            % {"language": language, **{kind: _number(one[kind]) for kind in one}}
            for language, one in report.proposed.items()
        )
        if applied:
            summary = _("Set as the site's thresholds: %(limits)s.")
        elif limits:
            summary = _("Nothing was changed. With --apply these become the site's: %(limits)s.")
        else:
            summary = _("Nothing was changed.")
        self.stdout.write(summary % {"limits": limits})

    def _print_one(self, one: Comparison) -> None:
        self.stdout.write(f"\n{one.attribute} ({one.head}), {one.language}")
        if one.carried is None:
            lacking = ngettext(
                "  %(n)s text; the live version has no such score for this language",
                "  %(n)s texts; the live version has no such score for this language",
                one.texts,
            )
            self.stdout.write(lacking % {"n": one.texts})
            return
        texts = ngettext(
            "  %(n)s text, rank correlation %(rho)s",
            "  %(n)s texts, rank correlation %(rho)s",
            one.texts,
        )
        self.stdout.write(texts % {"n": one.texts, "rho": _number(one.carried.correlation, 3)})
        for words, carried in ((_("review"), one.carried), (_("block"), one.blocking)):
            if carried is not None and carried.same_number is not None:
                self._print_switches(words, carried)
        if one.rough:
            self.stdout.write(_("  Few texts were flagged, or few were not: this is a guess."))

    def _print_switches(self, words: str, carried: Carried) -> None:
        assert carried.same_number is not None
        self.stdout.write(
            _("  %(words)s: from %(threshold)s the old service flagged %(flagged)s (%(rate)s %%)")
            % {
                "words": words,
                "threshold": _number(carried.same_number.threshold),
                "flagged": carried.flagged,
                "rate": percent(carried.flagged / carried.texts),
            }
        )
        for name, switch in named_switches(carried):
            self.stdout.write(_line(name, switch, carried.texts))
        if carried.found is None:
            self.stdout.write(_("    It flagged all of them or none: no threshold corresponds."))


def _threshold(given: str) -> tuple[str, float]:
    name, _equals, value = given.partition("=")
    attribute = attribute_named(name)
    if attribute is None:
        raise CommandError(
            _("“%(name)s” is not an attribute; there are: %(known)s.")
            % {"name": name, "known": ", ".join(PERSPECTIVE)}
        )
    try:
        return attribute, float(value)
    except ValueError as error:
        raise CommandError(
            _("--threshold takes ATTRIBUTE=VALUE, for example TOXICITY=0.8.")
        ) from error


def _preview(report: CarryReport) -> dict[str, Any] | None:
    """What the proposed thresholds would change for the newest analyses; no texts."""
    if not report.proposed:
        return None
    found = preview_thresholds(
        thresholds=with_proposed(report.proposed), base_rate=site_thresholds().base_rate
    )
    return {name: found[name] for name in ("checked", "changed", "by_change")}


def _line(name: str, switch: Switch, texts: int) -> str:
    told = _(
        "%(threshold)s flags %(flagged)s (%(rate)s %%); same verdict %(same)s %%, "
        "kappa %(kappa)s; newly flagged %(newly)s, no longer %(no_longer)s"
    ) % {
        "threshold": _number(switch.threshold),
        "flagged": switch.flagged,
        "rate": percent(switch.flagged / texts),
        "same": percent(switch.same),
        "kappa": _number(switch.kappa, 2),
        "newly": switch.newly,
        "no_longer": switch.no_longer,
    }
    return f"    {name:<16} {told}"


def _number(value: float | None, decimals: int = 4) -> str:
    return "—" if value is None else f"{round(value, decimals):g}"


def _as_json(report: CarryReport) -> dict[str, Any]:
    return {
        "rows_read": report.rows_read,
        "rejected": report.rejected,
        "errors": [asdict(error) for error in report.errors],
        "other_languages": report.other_languages,
        "model_version": report.model_version,
        "comparisons": [asdict(one) | {"rough": one.rough} for one in report.comparisons],
        "proposed": report.proposed,
    }
