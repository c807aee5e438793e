"""Addresses of the pages."""

from __future__ import annotations

from django.urls import include, path

from moderation.views import analyse, analysis, history, queue_batch, queue_deciding, queue_more
from moderation.views import queue as queue_pages

app_name = "moderation"

urlpatterns = [
    path("", analyse.analyse, name="analyse"),
    path("history/", history.history, name="history"),
    path("history/chart/<slug:name>.svg", history.chart, name="chart"),
    path("history/export/", history.export, name="export"),
    path("history/delete/", history.erase_shown, name="erase_shown"),
    path("history/<int:pk>/", analysis.analysis, name="analysis"),
    path("history/<int:pk>/label/", analysis.label, name="label"),
    path("history/<int:pk>/delete/", analysis.erase, name="erase"),
    path("history/<int:pk>/appeal/", queue_more.appeal, name="appeal"),
    path("queue/", queue_pages.queue, name="queue"),
    path("queue/next/", queue_pages.following, name="queue_next"),
    path("queue/rows/", queue_pages.rows, name="queue_rows"),
    path("queue/live/", queue_pages.live, name="queue_live"),
    path("queue/<int:pk>/", queue_pages.item, name="queue_item"),
    path("queue/<int:pk>/decide/", queue_deciding.decide, name="queue_decide"),
    path("queue/<int:pk>/claim/", queue_deciding.claim, name="queue_claim"),
    path("queue/<int:pk>/release/", queue_deciding.release, name="queue_release"),
    path("queue/<int:pk>/note/", queue_deciding.note, name="queue_note"),
    path("queue/batch/", queue_batch.batch, name="queue_batch"),
    path("queue/batches/<int:pk>/undo/", queue_batch.undo, name="queue_undo_batch"),
    path("queue/decisions/", queue_more.decisions, name="queue_decisions"),
    path("queue/decisions/<int:pk>/undo/", queue_deciding.undo, name="queue_undo"),
    path("queue/unscored/", queue_more.unscored, name="queue_unscored"),
    path("queue/unscored/<int:pk>/", queue_more.settle_unscored, name="queue_settle_unscored"),
    path("queue/settings/", queue_more.settings, name="queue_settings"),
    path("queue/settings/blur/", queue_more.blur, name="queue_blur"),
    path("", include("moderation.urls_team")),
    path("", include("moderation.urls_rules")),
]
