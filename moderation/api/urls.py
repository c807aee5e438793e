"""Routes below `/api/`."""

from __future__ import annotations

from django.urls import path

from moderation.api import views

app_name = "api"

urlpatterns = [
    path("analyze", views.AnalyzeView.as_view(), name="analyze"),
    path("analyze/batch", views.AnalyzeBatchView.as_view(), name="analyze-batch"),
    path("analyses", views.AnalysisListView.as_view(), name="analyses"),
    path("analyses/stats", views.AnalysisStatsView.as_view(), name="stats"),
    path("analyses/export", views.AnalysisExportView.as_view(), name="export"),
    path("analyses/<int:pk>", views.AnalysisView.as_view(), name="analysis"),
    path("analyses/<int:pk>/label", views.AnalysisLabelView.as_view(), name="label"),
]
