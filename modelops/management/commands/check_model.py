from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from modelops import selectors
from modelops.alert_texts import alert_text
from modelops.management.site_command import SiteCommand
from modelops.models import Alert
from modelops.selectors_thresholds import threshold_state
from modelops.services.check_model import CheckReport, check_model
from modelops.words import grouped, percent


class Command(SiteCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Check the live model and print its full state; ends with a status other than 0 while "
            "an alert is open. The same check runs once an hour in “run_worker”."
        )
        parser.add_argument(
            "--alert",
            action="store_true",
            help=_("for cron: send new alerts by e-mail as well"),
        )
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        report = check_model(mail=options["alert"])
        if options["json"]:
            answer = json.dumps(_as_json(report), ensure_ascii=False, cls=DjangoJSONEncoder)
            self.stdout.write(answer)
        else:
            for line in _lines(report):
                self.stdout.write(line)
        summary = _summary(report)
        if report.alerts:
            raise CommandError(summary)
        if not options["json"]:
            self.stdout.write(summary)


def _as_json(report: CheckReport) -> dict[str, Any]:
    return {
        **report.status,
        "threshold_state": threshold_state(),
        "recommendation": selectors.needs_retraining()["recommendation"],
        "figures": report.figures,
        "repaired": report.repaired,
        "error": report.error or None,
        "alerts": [_alert_json(alert) for alert in report.alerts],
        "mailed": report.mailed,
    }


def _alert_json(alert: Alert) -> dict[str, Any]:
    return {
        "kind": alert.kind,
        "cause": alert.cause,
        "text": alert_text(alert),
        "raised_at": alert.raised_at,
        "mailed_at": alert.mailed_at,
    }


def _summary(report: CheckReport) -> str:
    if not report.alerts:
        return _("No alert is open.")
    count = len(report.alerts)
    text = ngettext("%(count)s alert is open.", "%(count)s alerts are open.", count)
    return text % {"count": count}


def _lines(report: CheckReport) -> Iterator[str]:
    status = report.status
    if status["model_exists"]:
        yield from _model_lines(status)
        yield from _threshold_lines()
        yield from _figure_lines(report.figures)
    else:
        yield _("No model is live.")
    yield from _retraining_lines()
    if report.repaired:
        yield _("Repaired: %(names)s.") % {"names": ", ".join(report.repaired)}
    if report.error:
        yield report.error
    for alert in report.alerts:
        kind = alert.get_kind_display()
        yield _("Alert (%(kind)s): %(text)s") % {"kind": kind, "text": alert_text(alert)}
    if report.mailed:
        text = ngettext(
            "%(count)s alert was mailed.", "%(count)s alerts were mailed.", report.mailed
        )
        yield text % {"count": report.mailed}


def _model_lines(status: dict[str, Any]) -> Iterator[str]:
    metadata = status["metadata"]
    yield _("Version %(version)s, age: %(age)s, published %(when)s UTC.") % {
        "version": status["version"],
        "age": status["model_age"],
        "when": metadata["last_updated"].replace("T", " "),
    }
    yield _("%(type)s with %(features)s features from %(samples)s texts.") % {
        "type": metadata["model_type"],
        "features": grouped(metadata["vectorizer_features"]),
        "samples": grouped(metadata["training_samples"]),
    }
    state = (
        pgettext("state of the model", "degraded")
        if status["degraded"]
        else pgettext("state of the model", "good")
    )
    yield _("State: %(state)s. Backups: %(count)s.") % {
        "state": state,
        "count": status["backups_count"],
    }
    workers = status["workers"]
    yield _("Server processes: %(total)s; with generation %(generation)s: %(converged)s.") % {
        "total": len(workers),
        "generation": status["generation"],
        "converged": sum(worker["converged"] for worker in workers),
    }
    for worker in workers:
        if worker["error"]:
            yield f"  {worker['host']}/{worker['pid']}: {worker['error']}"


def _threshold_lines() -> Iterator[str]:
    state = threshold_state()
    site = state["site"] or {"base_rate": None, "thresholds": {}}
    moved = site["base_rate"] is not None
    for language, limits in state["thresholds"].items():
        if language in site["thresholds"]:
            whose = pgettext("whose", "the site's")
        elif moved:
            whose = _("computed for the base rate")
        else:
            whose = pgettext("whose", "the version's")
        yield _(
            "Thresholds (%(language)s): review %(review)s %%, block %(block)s %% (%(whose)s)."
        ) % {
            "language": language,
            "review": percent(limits["review"]),
            "block": percent(limits["block"]),
            "whose": whose,
        }
    whose = pgettext("whose", "the site's") if moved else pgettext("whose", "the version's")
    yield _("Base rate of toxic texts: %(rate)s %% (%(whose)s).") % {
        "rate": percent(state["base_rate"]),
        "whose": whose,
    }


def _figure_lines(figures: dict[str, Any]) -> Iterator[str]:
    for language, found in figures.items():
        yield _(
            "Labels since it learned, %(language)s: %(labels)s, toxic: %(toxic)s; precision: "
            "%(precision)s; recall: %(recall)s."
        ) % {
            "language": language,
            "labels": grouped(found["labels"]),
            "toxic": grouped(found["toxic"]),
            "precision": _measure(found["precision"]),
            "recall": _measure(found["recall"]),
        }
    if not figures:
        yield _("No labels since it learned: not enough labels to measure it.")


def _measure(value: float | None) -> str:
    return _("not enough labels") if value is None else f"{percent(value)} %"


def _retraining_lines() -> Iterator[str]:
    answer = selectors.needs_retraining()
    yield " ".join([f"{answer['recommendation']}.", *answer["reasons"]])
