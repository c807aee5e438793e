"""What the gate says about a challenger, in the reader's language.

Rows keep the report's codes and numbers; the sentences are made when somebody reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops.words import grouped

Facts = Mapping[str, Any]


def refusal_texts(refusals: Sequence[Facts]) -> list[str]:
    """The refusals of a stored report, each {"code", …facts}, as sentences."""
    return [_TEXTS[refusal["code"]](refusal) for refusal in refusals]


def verdict_text(report: Facts) -> str:
    """A stored report in one sentence or some: passed, or refused and why. "" without a report."""
    if not report:
        return ""
    if not report["passed"]:
        return " ".join([_("Refused by the gate."), *refusal_texts(report["refusals"])])
    judged = [
        language
        for language, found in report["figures"].get("holdout", {}).items()
        if any(found.get(measure, {}).get("judged") for measure in ("auc", "f1"))
    ]
    if not judged:
        return _("Passed the gate; there is no holdout that is large enough to judge.")
    return _("Passed the gate, judged on holdouts in: %(languages)s.") % {
        "languages": ", ".join(judged)
    }


def _must_pass(facts: Facts) -> str:
    first = facts["failed"][0]
    values = {
        "count": facts["count"],
        "text": first["text"],
        "score": _number(first["score"], 4),
        "threshold": _number(first["threshold"], 4),
    }
    if first["toxic"]:
        example = _(
            "“%(text)s” is toxic and gets %(score)s, less than the threshold %(threshold)s."
        )
    else:
        example = _("“%(text)s” is innocent and gets %(score)s; the threshold is %(threshold)s.")
    count = ngettext(
        "%(count)s must-pass sentence that the live version judges rightly fails:",
        "%(count)s must-pass sentences that the live version judges rightly fail, the first:",
        facts["count"],
    )
    return f"{count % values} {example % values}"


def _measure(name: str) -> Callable[[Facts], str]:
    def text(facts: Facts) -> str:
        return _(
            "%(measure)s in %(language)s: %(champion)s → %(challenger)s on %(rows)s texts. With "
            "95 %% confidence the loss is at most %(loss)s; %(limit)s is allowed."
        ) % {
            "measure": name,
            "language": facts["language"],
            "champion": _number(facts["champion"], 4),
            "challenger": _number(facts["challenger"], 4),
            "rows": grouped(facts["rows"]),
            "loss": _number(-facts["low"], 4),
            "limit": _number(facts["limit"], 2),
        }

    return text


def _flag_rate(facts: Facts) -> str:
    return _(
        "Of the last %(texts)s texts it flags %(challenger)s %%, the live version %(champion)s %%; "
        "%(limit)s points are allowed."
    ) % {
        "texts": grouped(facts["texts"]),
        "champion": _number(100 * facts["champion"], 1),
        "challenger": _number(100 * facts["challenger"], 1),
        "limit": _number(100 * facts["limit"], 0),
    }


def _size(facts: Facts) -> str:
    return _("Its files take %(challenger)s; %(limit)s are allowed (live: %(champion)s).") % {
        name: filesizeformat(facts[name]) for name in ("champion", "challenger", "limit")
    }


def _latency(facts: Facts) -> str:
    return _(
        "A text takes %(challenger)s ms; %(limit)s ms are allowed (live: %(champion)s ms)."
    ) % {name: _number(facts[f"{name}_ms"], 2) for name in ("champion", "challenger", "limit")}


def _number(value: float, decimals: int) -> str:
    return number_format(value, decimals)


_TEXTS: dict[str, Callable[[Facts], str]] = {
    "must_pass": _must_pass,
    "auc": _measure("AUC"),
    "f1": _measure("F1"),
    "flag_rate": _flag_rate,
    "size": _size,
    "latency": _latency,
}
