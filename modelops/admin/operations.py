"""What the buttons of several lists ask for: a backup, a reload, a training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops.models import Door, LivePointer, TrainingRun
from modelops.selectors_runs import active_run, last_seconds, worker_alive
from modelops.services.create_backup import create_backup
from modelops.services.reload_model import reload_model
from modelops.services.request_run import request_run
from modelops.words import lasted

from .base import Inquiry, user_of
from .forms import FullForm, UpdateForm

if TYPE_CHECKING:
    from .base import OperatorAdmin

Kind = TrainingRun.Kind


def live_name() -> str:
    pointer = LivePointer.current()
    return pointer.version.version if pointer else "—"


def backup_inquiry(
    site: OperatorAdmin, request: HttpRequest, *, rows: Sequence[Model] = ()
) -> Inquiry:
    def perform(data: dict[str, Any]) -> str:
        reason = _("Asked for in the administration")
        backup = create_backup(by=user_of(request), reason=reason, door=Door.ADMIN)
        told = _("Backup %(name)s of version %(version)s made and verified.") % {
            "name": backup.name,
            "version": backup.version.version,
        }
        site.log_addition(request, backup, told)
        return told

    return Inquiry(
        title=_("Back up now"),
        consequences=[
            _("The files of the live version %(version)s are copied and verified.")
            % {"version": live_name()},
            _("The oldest backups that are not pinned go when there are too many."),
        ],
        button=_("Back up"),
        perform=perform,
        rows=rows,
    )


def reload_inquiry(
    site: OperatorAdmin, request: HttpRequest, *, rows: Sequence[Model] = ()
) -> Inquiry:
    def perform(data: dict[str, Any]) -> str:
        reloaded = reload_model(by=user_of(request), door=Door.ADMIN)
        told = [_("Version %(version)s reloaded.") % {"version": reloaded.version}]
        if reloaded.repaired:
            names = ", ".join(reloaded.repaired)
            told.append(_("Made anew: %(names)s.") % {"names": names})
        if lagging := sum(not worker["converged"] for worker in reloaded.workers):
            text = ngettext(
                "%(n)s process has not changed over yet.",
                "%(n)s processes have not changed over yet.",
                lagging,
            )
            told.append(text % {"n": lagging})
        if (pointer := LivePointer.current()) is not None:
            site.log_change(request, pointer.version, " ".join(told))
        return " ".join(told)

    return Inquiry(
        title=_("Reload the model"),
        consequences=[
            _("The files of the live version %(version)s are verified again.")
            % {"version": live_name()},
            _("Damaged files for people are made anew from the model itself."),
            _("All processes of the server load the version anew, without a break."),
        ],
        button=_("Reload"),
        perform=perform,
        rows=rows,
    )


def training_inquiry(site: OperatorAdmin, request: HttpRequest, kind: TrainingRun.Kind) -> Inquiry:
    form = _FORMS.get(kind)

    def perform(data: dict[str, Any]) -> str:
        if kind == Kind.INCREMENTAL:
            parameters = {"days": data["days"], "dry_run": data["dry_run"]}
        else:
            parameters = {"from_scratch": data.get("from_scratch", False)}
        asked = request_run(
            kind=kind,
            parameters=parameters,
            by=user_of(request),
            door=Door.ADMIN,
            seed=data.get("seed"),
        )
        if asked.created:
            site.log_addition(request, asked.run, asked.message)
        return asked.message

    return Inquiry(
        title=_titles()[kind],
        consequences=[*_what_trains(kind), *_what_then(kind)],
        button=_("Start"),
        perform=perform,
        form=form,
        warnings=_in_the_way(),
    )


_FORMS: dict[str, type[forms.Form]] = {Kind.FULL: FullForm, Kind.INCREMENTAL: UpdateForm}


def _titles() -> dict[str, str]:
    return {
        Kind.FULL: _("Retrain full"),
        Kind.QUICK: _("Retrain quick"),
        Kind.INCREMENTAL: _("Update with new labels"),
    }


def _what_trains(kind: TrainingRun.Kind) -> list[str]:
    if kind == Kind.FULL:
        return [
            _(
                "The features are chosen anew from the texts of this site and united with those of "
                "the base; then all labels of this site are learned."
            )
        ]
    if kind == Kind.QUICK:
        return [
            _("The features stay; only “toxic or not” is learned anew, with a short gate."),
            _("Meant for trying out."),
        ]
    return [
        _("The labels that came since the last training are learned on top of the live version."),
        _("Where that is not possible, a full retraining is done instead."),
    ]


def _what_then(kind: TrainingRun.Kind) -> list[str]:
    told = [
        _(
            "A new version goes live only if it passes the gate. Version %(version)s is backed up "
            "before; if it is refused, %(version)s stays live."
        )
        % {"version": live_name()},
    ]
    if seconds := last_seconds(kind):
        told.append(_("Last time it took %(time)s.") % {"time": lasted(seconds)})
    return told


def _in_the_way() -> list[str]:
    told = []
    if run := active_run():
        told.append(_("A training is under way already: %(run)s.") % {"run": run})
    if not worker_alive():
        told.append(
            _(
                "No worker is running: the training would wait until one starts, with "
                "“python manage.py run_worker”."
            )
        )
    return told
