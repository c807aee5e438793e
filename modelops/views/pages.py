"""The model page, its live part, and the pages of one version and one run. They only read."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_GET
from django_htmx.http import trigger_client_event

from modelops import timeline
from modelops.access import PageRequest, operators_only
from modelops.gate_texts import refusal_texts
from modelops.models import Backup, Deployment, LivePointer, ModelVersion, TrainingRun
from modelops.run_texts import reason_text, step_text
from modelops.selectors_runs import active_run, listed_runs, worker_alive
from modelops.selectors_versions import listed_versions
from modelops.views import metrics, sections
from modelops.views.doing import CHANGED
from modelops.views.overview import overview, workers
from modelops.views.thresholds import threshold_context


@operators_only
@never_cache
@require_GET
def model(request: PageRequest) -> HttpResponse:
    """Everything about the live model, and the buttons to change it."""
    asked = request.GET.get("all", "")
    first = overview()
    version = first.get("version")
    context = first | live_context() | sections.lists(asked=asked) | threshold_context()
    context |= {
        "buttons": sections.buttons(version),
        "waiting": sections.waiting_versions()[: sections.FEW],
        "holds": sections.holds(),
        "pictures": _pictures(version),
    }
    if version:
        context |= {
            "figures": metrics.figures(version),
            "on_labels": metrics.on_labels(version),
            "limit_place": metrics.limit_place(),
        }
    return render(request, "modelops/model.html", context)


@operators_only
@never_cache
@require_GET
def live(request: PageRequest) -> HttpResponse:
    """The part that follows a run and the workers; says so when the rest of the page is old."""
    context = live_context()
    seen, run_seen = request.GET.get("seen", ""), request.GET.get("run", "")
    changed = bool(seen) and seen != context["fingerprint"]
    if changed and run_seen.isdecimal() and (ended := _ended(int(run_seen))):
        context |= {"text": run_outcome(ended), "kind": _kind(ended), "told": True}
    response = render(request, "modelops/parts/live.html", context)
    return trigger_client_event(response, CHANGED) if changed else response


def live_context() -> dict[str, Any]:
    pointer = LivePointer.current()
    run = active_run()
    found = workers(generation=pointer.generation if pointer else 0)
    return {
        "run": run,
        "step": step_text(run.step) if run else "",
        "workers": found,
        "worker_alive": worker_alive(),
        "busy": run is not None or found["converged"] < found["total"],
        "fingerprint": fingerprint(pointer, converged=found["converged"]),
    }


def fingerprint(pointer: LivePointer | None, *, converged: int) -> str:
    """Changes whenever the page should be looked at anew."""
    newest = TrainingRun.objects.values_list("pk", "state").first() or (0, "")
    backup = Backup.objects.values_list("pk", flat=True).first() or 0
    version = ModelVersion.objects.values_list("pk", flat=True).first() or 0
    generation = pointer.generation if pointer else 0
    return f"{generation}-{converged}-{newest[0]}{newest[1]}-{backup}-{version}"


def _ended(pk: int) -> TrainingRun | None:
    run = listed_runs().filter(pk=min(pk, 2**63 - 1)).first()
    return run if run and not run.active else None


def run_outcome(run: TrainingRun) -> str:
    """How a run ended, in a sentence or two."""
    names = {
        "kind": run.get_kind_display().capitalize(),
        "state": run.get_state_display(),
        "version": run.version.version if run.version else "",
    }
    if run.state == TrainingRun.State.SUCCEEDED and run.version:
        words = _("%(kind)s done: version %(version)s.") % names
    else:
        words = _("%(kind)s: %(state)s.") % names
    return f"{words} {reason_text(run)}".strip()


def _kind(run: TrainingRun) -> str:
    return "success" if run.state == TrainingRun.State.SUCCEEDED else "error"


def _pictures(version: ModelVersion | None) -> dict[str, Any]:
    shown = timeline.history(live=version)
    return {"alt": timeline.summary(shown), "key": _key(shown)}


def _key(shown: timeline.History) -> str:
    """Part of the drawing's address: another one when there is something else to draw."""
    marks = shown.marks[-1:]
    newest = f"{marks[0].version}-{int(marks[0].at.timestamp())}" if marks else "0"
    return f"{newest}-{shown.earlier}"


@operators_only
@require_GET
@cache_control(private=True, max_age=3600)
def timeline_image(request: PageRequest, size: str) -> HttpResponse:
    """The timeline as an image; its address changes with what there is to draw."""
    chosen = timeline.SIZES.get(size)
    theme = request.GET.get("theme", "light")
    if chosen is None or theme not in timeline.INK:
        raise Http404
    pointer = LivePointer.current()
    shown = timeline.history(live=pointer.version if pointer else None, limit=chosen.marks)
    return HttpResponse(
        timeline.draw(shown, size=chosen, theme=theme),
        content_type="image/svg+xml",
        headers={"Content-Security-Policy": timeline.POLICY},
    )


@operators_only
@never_cache
@require_GET
def version(request: PageRequest, number: str) -> HttpResponse:
    """One version: where it comes from, how good it is, what the gate said, when it was live."""
    found = get_object_or_404(listed_versions(), version=number)
    gate = found.gate if isinstance(found.gate, dict) else {}
    context = {
        "shown": found,
        "figures": metrics.figures(found),
        "on_labels": metrics.on_labels(found),
        "limit_place": metrics.limit_place(),
        "gate": gate,
        "refusals": refusal_texts(gate.get("refusals", [])),
        "deployments": Deployment.objects.filter(version=found).select_related("previous", "by"),
        "backups": Backup.objects.filter(version=found),
        "runs": listed_runs().filter(version=found),
        "raw": json.dumps(found.metadata, ensure_ascii=False, indent=2),
    }
    return render(request, "modelops/version.html", context)


@operators_only
@never_cache
@require_GET
def run(request: PageRequest, pk: int) -> HttpResponse:
    """One training run: how far it is or how it ended, its parameters, numbers and log."""
    found = get_object_or_404(listed_runs(), pk=pk)
    context = {
        "shown": found,
        "step": step_text(found.step),
        "reason": reason_text(found),
        "worker_alive": worker_alive(),
        "raw": json.dumps(
            {"parameters": found.parameters, "seed": found.seed, "result": found.result},
            ensure_ascii=False,
            indent=2,
        ),
    }
    return render(request, "modelops/run.html", context)
