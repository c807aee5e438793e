"""What alerts and reasons for a retraining say, in the reader's language.

Rows keep codes and facts only; the sentences are made when somebody reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops.words import grouped

if TYPE_CHECKING:
    from modelops.models import Alert

Facts = Mapping[str, Any]


def alert_text(alert: Alert) -> str:
    """One alert as sentences: what happened, what is safe, what to do."""
    return _TEXTS[alert.kind](alert.details)


def reason_texts(reasons: Sequence[Mapping[str, Any]]) -> list[str]:
    """Reasons for a retraining, each {"code", …facts}, as sentences."""
    return [_REASONS[reason["code"]](reason) for reason in reasons]


def _needs_retraining(facts: Facts) -> str:
    reasons = facts.get("reasons", [])
    if any(reason["code"] == "no_model" for reason in reasons):
        advice = _("Run “python manage.py bootstrap” to publish the starter.")
    elif facts.get("labels") == 0:
        advice = _("There is nothing to learn from yet: label analyses, or import a dataset.")
    else:
        advice = _("Learn from the new labels with “python manage.py incremental_update”.")
    return " ".join([*reason_texts(reasons), advice])


def _run_failed(facts: Facts) -> str:
    from modelops.run_texts import why_text

    why = facts.get("why")
    reason = why_text(why["code"], why["facts"]) if why else facts.get("reason", "")
    return _(
        "Training run %(run)s failed: %(reason)s The live model is still the same. Start another "
        "run once the reason is gone."
    ) % {"run": facts.get("run", "?"), "reason": _sentence(reason)}


def _run_lost(facts: Facts) -> str:
    return _(
        "Training run %(run)s was lost: its process ended without a word. The live model is still "
        "the same. Start the run again."
    ) % {"run": facts.get("run", "?")}


def _load_failed(facts: Facts) -> str:
    values = {
        "version": facts.get("version", "?"),
        "reason": _sentence(facts.get("error", "")),
        "serves": facts.get("serves") or "",
    }
    if not values["serves"]:
        return (
            _(
                "Version %(version)s does not load and nothing else does: no text can be analysed. "
                "%(reason)s Restore a backup with “python manage.py retrain_model --restore”."
            )
            % values
        )
    return (
        _(
            "Version %(version)s does not load: %(reason)s Version %(serves)s serves instead. "
            "Reload the model, or restore a backup."
        )
        % values
    )


def _damaged_file(facts: Facts) -> str:
    values = {
        "files": ", ".join(facts.get("files", [])) or "?",
        "name": facts.get("name", "?"),
    }
    if facts.get("repaired"):
        return (
            _(
                "Files of %(name)s were damaged: %(files)s. They are in quarantine and were made "
                "anew; scoring never used them."
            )
            % values
        )
    if facts.get("place") == "backup":
        return (
            _(
                "Backup %(name)s is damaged: %(files)s. It can't be restored; the live model is "
                "not affected. Make a new backup, and delete this one."
            )
            % values
        )
    if facts.get("place") == "dataset":
        return (
            _(
                "The texts of dataset “%(name)s” are missing or damaged: %(files)s. The live model "
                "is not affected, but no training can learn from them. Import the dataset again, "
                "or delete it."
            )
            % values
        )
    return (
        _(
            "Model files of %(name)s are damaged: %(files)s. Running processes keep the model "
            "that they have. Restore a backup with “python manage.py retrain_model --restore”."
        )
        % values
    )


def _no_model(facts: Facts) -> str:
    return _("There is no model.")


def _too_old(facts: Facts) -> str:
    return ngettext(
        "The model is %(age)s days old; the limit is %(limit)s day.",
        "The model is %(age)s days old; the limit is %(limit)s days.",
        facts["limit"],
    ) % {"age": facts["age"], "limit": facts["limit"]}


def _new_labels(facts: Facts) -> str:
    return _("There are %(new)s new labels; the model learned from %(learned)s of this site.") % {
        "new": grouped(facts["new"]),
        "learned": grouped(facts["learned"]),
    }


def _sentence(text: str) -> str:
    """`text` with a full stop at its end, since another sentence follows."""
    text = text.strip()
    return text if not text or text.endswith((".", "!", "?", "…")) else f"{text}."


_TEXTS: dict[str, Callable[[Facts], str]] = {
    "needs_retraining": _needs_retraining,
    "run_failed": _run_failed,
    "run_lost": _run_lost,
    "load_failed": _load_failed,
    "damaged_file": _damaged_file,
}
_REASONS: dict[str, Callable[[Facts], str]] = {
    "no_model": _no_model,
    "too_old": _too_old,
    "new_labels": _new_labels,
}
