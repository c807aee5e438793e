"""The model page's buttons that train: update, retrain, cancel."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from modelops.access import PageRequest, operators_only
from modelops.models import Door, TrainingRun
from modelops.selectors_runs import last_seconds, listed_runs, worker_alive
from modelops.services.cancel_run import cancel_run
from modelops.services.request_run import request_run
from modelops.views.doing import ASKING, Question, ask, carry_out

Kind = TrainingRun.Kind


@operators_only
@require_POST
def update(request: PageRequest) -> HttpResponse:
    """Learn from the new labels; the gate is asked, and a backup comes first."""

    def action() -> str:
        parameters = {"days": None, "dry_run": False}
        return request_run(
            kind=Kind.INCREMENTAL, parameters=parameters, by=request.user, door=Door.PAGE
        ).message

    return carry_out(request, action, place="live")


@operators_only
@require_http_methods(ASKING)
def retrain(request: PageRequest, kind: str) -> HttpResponse:
    if kind not in (Kind.FULL, Kind.QUICK):
        raise Http404

    def action() -> str:
        return request_run(
            kind=Kind(kind),
            parameters={"from_scratch": False},
            by=request.user,
            door=Door.PAGE,
        ).message

    if request.method == "POST":
        return carry_out(request, action, place="live")
    return ask(request, _full() if kind == Kind.FULL else _quick())


def _full() -> Question:
    return Question(
        heading=_("Retrain the model in full?"),
        consequences=[
            _("All labels of this site are read again and the features are chosen anew."),
            _("The live version is backed up, and serves until the new one has passed the gate."),
            _("A version that passes goes live by itself; one that does not changes nothing."),
        ],
        button=_("Retrain, full"),
        last=last_seconds(Kind.FULL),
        warnings=_waiting(),
    )


def _quick() -> Question:
    return Question(
        heading=_("Retrain the model quickly?"),
        consequences=[
            _("Only the toxicity is learned anew, with the features of the live version."),
            _("The gate looks at fewer texts than usual: this is for trying things out."),
            _("The live version is backed up; a version that passes goes live by itself."),
        ],
        button=_("Retrain, quick"),
        last=last_seconds(Kind.QUICK),
        warnings=_waiting(),
    )


def _waiting() -> list[str]:
    if worker_alive():
        return []
    return [
        _(
            "No queue worker is alive: the training will wait until one is started with "
            "“python manage.py run_worker”."
        )
    ]


@operators_only
@require_http_methods(ASKING)
def cancel(request: PageRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(listed_runs(), pk=pk)

    def action() -> str:
        ended = cancel_run(run=run, by=request.user, door=Door.PAGE)
        if ended.state == TrainingRun.State.CANCELLED:
            return _("Run %(run)s cancelled.") % {"run": run.pk}
        return _("Run %(run)s is being cancelled.") % {"run": run.pk}

    if request.method == "POST":
        return carry_out(request, action, place="live")
    names = {"kind": run.get_kind_display(), "run": run.pk}
    return ask(
        request,
        Question(
            heading=_("Cancel run %(run)s (%(kind)s)?") % names,
            consequences=[
                _("What it has computed so far is lost. No label is lost."),
                _("The live version stays as it is."),
            ],
            button=_("Cancel the run"),
            danger=True,
        ),
    )
