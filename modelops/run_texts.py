"""What a training run says about itself, in the reader's language.

Rows keep codes and facts; the sentences are made when somebody reads them. A run's `step` is a
code, and `result["why"]` is {"code", "facts"}: why it ended as it did.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from modelops.gate_texts import refusal_texts
from modelops.models.doors import Door
from modelops.words import grouped

if TYPE_CHECKING:
    from modelops.models import TrainingRun

Facts = Mapping[str, Any]


def step_text(step: str) -> str:
    """What a run does now, for people: "solve:insult" is the fit of one head."""
    name, _colon, detail = step.partition(":")
    text = _STEPS.get(name)
    return text(detail) if text else step


def reason_text(run: TrainingRun) -> str:
    """Why a run ended as it did; "" where there is nothing to say."""
    why = run.result.get("why") if isinstance(run.result, dict) else None
    return why_text(why["code"], why.get("facts", {})) if why else run.reason


def why_text(code: str, facts: Facts) -> str:
    """One reason as a sentence or two."""
    text = _REASONS.get(code)
    return text(facts) if text else str(facts.get("message", code))


_STEPS: dict[str, Callable[[str], str]] = {
    "start": lambda detail: _("starting"),
    "collect": lambda detail: _("reading the labels"),
    "load": lambda detail: _("loading the model"),
    "learn": lambda detail: _("learning"),
    "vocabulary": lambda detail: _("choosing the terms"),
    "read": lambda detail: _("reading the texts"),
    "vectorize": lambda detail: _("weighing the terms"),
    "solve": lambda detail: (
        _("learning (%(head)s)") % {"head": detail} if detail else _("learning")
    ),
    "calibrate": lambda detail: _("calibrating"),
    "finish": lambda detail: _("checking the model"),
    "write": lambda detail: _("writing the model"),
    "judge": lambda detail: _("comparing with the live version"),
    "publish": lambda detail: _("publishing the version"),
    "promote": lambda detail: _("backing up and promoting"),
    "done": lambda detail: _("done"),
}


def _no_labels(facts: Facts) -> str:
    return _("There is nothing to learn: this site has no labels yet. Nothing was published.")


def _nothing_new(facts: Facts) -> str:
    return _(
        "There are no new labels: version %(version)s has learned all of them already. Nothing was "
        "published."
    ) % {"version": facts.get("version", "?")}


def _no_prior(facts: Facts) -> str:
    return _("The live version has no base to build on.")


def _other_features(facts: Facts) -> str:
    return _("The live version was made with other features than this release.")


def _other_heads(facts: Facts) -> str:
    return _("The labels are for other categories than the live version has.")


def _too_many_terms(facts: Facts) -> str:
    if "terms" in facts and "limit" in facts:
        return _("%(terms)s new terms are more than an update may add (%(limit)s).") % {
            name: grouped(facts[name]) for name in ("terms", "limit")
        }
    return _("There are more new terms than an update may add.")


def _too_few_labels(facts: Facts) -> str:
    return _(
        "Training from scratch needs at least %(fewest)s toxic and %(fewest)s not toxic texts, and "
        "there are %(toxic)s and %(not_toxic)s. Import a dataset with more of them."
    ) % {name: facts.get(name, "?") for name in ("fewest", "toxic", "not_toxic")}


def _refused(facts: Facts) -> str:
    sentences = [_("The gate refused the new version; the live one stays.")]
    return " ".join([*sentences, *refusal_texts(facts["refusals"])])


def _cancelled(facts: Facts) -> str:
    by, door = facts.get("by"), facts.get("door")
    if by:
        return _("Cancelled by %(name)s.") % {"name": by}
    if door:
        return _("Cancelled (%(door)s).") % {"door": Door(door).label}
    return _("Cancelled.")


def _stopped(facts: Facts) -> str:
    return _(
        "The process that trained was stopped. Nothing was promoted; the run can be started again."
    )


def _lost(facts: Facts) -> str:
    return _(
        "The process that trained ended without a word, or its machine lost the database. Nothing "
        "was promoted; the run can be started again."
    )


def _never_started(facts: Facts) -> str:
    return _("Nobody began with the run after it was asked for. It can be started again.")


def _killed(facts: Facts) -> str:
    return _(
        "The training process was ended by the system (signal %(signal)s). Is there enough memory?"
    ) % {"signal": facts.get("signal", "?")}


def _crashed(facts: Facts) -> str:
    return _(
        "The training process ended without a result (status %(status)s). The log says more."
    ) % {"status": facts.get("status", "?")}


def _unexpected(facts: Facts) -> str:
    return _("An unexpected error (%(error)s) ended the training. The log says more.") % {
        "error": facts.get("error", "?")
    }


def _no_memory(facts: Facts) -> str:
    return _("There is not enough memory to learn from so many labels.")


def _system(facts: Facts) -> str:
    error = facts.get("error", "?")  # as the system says it: `words.SYSTEM_REASONS`
    return _("The training stopped at an error of the system: %(error)s.") % {"error": _(error)}


def _superseded(facts: Facts) -> str:
    return _(
        "The live version changed from %(before)s to %(now)s during the training. Nothing was "
        "promoted; start the run again."
    ) % {"before": facts.get("before", "?"), "now": facts.get("now", "?")}


def _simulated(facts: Facts) -> str:
    return _("A simulation: version %(version)s is kept and was not promoted.") % {
        "version": facts.get("version", "?")
    }


def _dry_run(facts: Facts) -> str:
    return _("A dry run: nothing was published.")


_REASONS: dict[str, Callable[[Facts], str]] = {
    "no_labels": _no_labels,
    "nothing_new": _nothing_new,
    "no_prior": _no_prior,
    "other_features": _other_features,
    "other_heads": _other_heads,
    "too_many_terms": _too_many_terms,
    "too_few_labels": _too_few_labels,
    "refused": _refused,
    "cancelled": _cancelled,
    "stopped": _stopped,
    "lost": _lost,
    "never_started": _never_started,
    "killed": _killed,
    "crashed": _crashed,
    "unexpected": _unexpected,
    "no_memory": _no_memory,
    "system": _system,
    "superseded": _superseded,
    "simulated": _simulated,
    "dry_run": _dry_run,
}
