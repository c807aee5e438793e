"""Addresses of the pages."""

from __future__ import annotations

from django.urls import path

from moderation.views import analyse, analysis, history

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
]
