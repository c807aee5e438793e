"""Training runs: how far they are, how they ended, and cancelling them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from modelops.models import Door, TrainingRun
from modelops.run_texts import reason_text, step_text
from modelops.selectors_runs import listed_runs, worker_alive
from modelops.services.cancel_run import cancel_run

from .base import Inquiry, OperatorAdmin, as_json, as_text, button, user_of

PROGRESS = "admin/modelops/trainingrun/progress.html"


@admin.register(TrainingRun)
class TrainingRunAdmin(OperatorAdmin):
    list_display = [
        "name",
        "shown_progress",
        "version",
        "requested_by",
        "door",
        "created_at",
        "finished_at",
        "why",
    ]
    list_filter = ["state", "kind", "door"]
    actions = ["cancel"]
    row_buttons = ("cancel_this",)
    fields = readonly_fields = (
        "kind",
        "shown_progress",
        "why",
        "version",
        "requested_by",
        "door",
        "created_at",
        "started_at",
        "finished_at",
        "parameters_shown",
        "seed",
        "result_shown",
        "log_shown",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrainingRun]:
        return listed_runs().order_by(*self.opts.ordering or ())

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.progress_view)
        place = path("<int:pk>/progress/", view, name=self._route("progress"))
        return [place, *super().get_urls()]

    # --- what is shown -------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("run"), ordering="pk")
    def name(self, run: TrainingRun) -> str:
        return str(run)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def shown_progress(self, run: TrainingRun) -> SafeString:
        return render_to_string(PROGRESS, self._progress(run))

    @admin.display(description=gettext_lazy("why it ended so"))
    def why(self, run: TrainingRun) -> str:
        return reason_text(run)

    @admin.display(description=gettext_lazy("parameters"))
    def parameters_shown(self, run: TrainingRun) -> SafeString:
        return as_json(run.parameters)

    @admin.display(description=gettext_lazy("result"))
    def result_shown(self, run: TrainingRun) -> SafeString:
        return as_json(run.result)

    @admin.display(description=gettext_lazy("log"))
    def log_shown(self, run: TrainingRun) -> SafeString:
        return as_text(run.log)

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The part of a page that shows how far a run is; it asks for itself again."""
        if not self.has_view_permission(request):
            return HttpResponse(status=403)
        run = listed_runs().filter(pk=pk).first()
        if run is None:
            return HttpResponse(status=404)
        answer = render(request, PROGRESS, self._progress(run))
        if not run.active:
            answer["HX-Refresh"] = "true"  # the rest of the page has changed as well
        return answer

    def _progress(self, run: TrainingRun) -> dict[str, Any]:
        return {
            "run": run,
            "step": step_text(run.step),
            "percent": round(100 * run.progress),
            "address": reverse(f"admin:{self._route('progress')}", args=[run.pk]),
            "waits": run.state == TrainingRun.State.QUEUED and not worker_alive(),
        }

    # --- cancelling ----------------------------------------------------------------------------

    def offered(self, request: HttpRequest, row: Any) -> Iterable[str]:
        return self.row_buttons if row.active and not row.cancel_requested else ()

    @button(gettext_lazy("Cancel the run"), place="cancel")
    def cancel_this(self, request: HttpRequest, run: TrainingRun) -> HttpResponse:
        return self.ask(request, self._cancelling(request, [run]))

    @admin.action(description=gettext_lazy("Cancel"), permissions=["operate"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self.ask(request, self._cancelling(request, list(queryset)))

    def _cancelling(self, request: HttpRequest, runs: Sequence[TrainingRun]) -> Inquiry:
        def do(run: TrainingRun) -> None:
            cancel_run(run=run, by=user_of(request), door=Door.ADMIN)
            self.log_change(request, run, _("Cancelled."))

        def perform(data: dict[str, Any]) -> str:
            count = len(self.each(request, runs, do))
            told = ngettext(
                "%(n)s run is being cancelled.", "%(n)s runs are being cancelled.", count
            )
            return told % {"n": count} if count else ""

        return Inquiry(
            title=_("Cancel training"),
            consequences=[
                _("The training ends within moments, and nothing of it is published."),
                _("The live version stays as it is. The labels stay, for the next training."),
            ],
            button=_("Cancel the training"),
            perform=perform,
            rows=runs,
            dangerous=True,
        )
