"""Routes below `/api/`."""

from __future__ import annotations

from django.urls import path

from moderation.api import queue, suggestions, team, terms, views

app_name = "api"

urlpatterns = [
    path("analyze", views.AnalyzeView.as_view(), name="analyze"),
    path("analyze/batch", views.AnalyzeBatchView.as_view(), name="analyze-batch"),
    path("analyses", views.AnalysisListView.as_view(), name="analyses"),
    path("analyses/stats", views.AnalysisStatsView.as_view(), name="stats"),
    path("analyses/export", views.AnalysisExportView.as_view(), name="export"),
    path("analyses/<int:pk>", views.AnalysisView.as_view(), name="analysis"),
    path("analyses/<int:pk>/label", views.AnalysisLabelView.as_view(), name="label"),
    path("queue", queue.QueueView.as_view(), name="queue"),
    path("analyses/batch-decision", queue.BatchDecisionView.as_view(), name="batch-decision"),
    path("analyses/<int:pk>/claim", queue.ClaimView.as_view(), name="claim"),
    path("analyses/<int:pk>/decision", queue.DecisionView.as_view(), name="decision"),
    path("analyses/<int:pk>/decisions", queue.DecisionsView.as_view(), name="decisions"),
    path("analyses/<int:pk>/appeal", queue.AppealView.as_view(), name="appeal"),
    path("analyses/<int:pk>/report", queue.ReportView.as_view(), name="report"),
    path("decisions/<int:pk>/undo", queue.UndoView.as_view(), name="undo"),
    path("batches/<int:pk>/undo", queue.BatchUndoView.as_view(), name="batch-undo"),
    path("terms", terms.TermListView.as_view(), name="terms"),
    path("terms/<int:pk>", terms.TermView.as_view(), name="term"),
    path("policy", terms.PolicyView.as_view(), name="policy"),
    path("suggestions", suggestions.SuggestionListView.as_view(), name="suggestions"),
    path("suggestions/settle", suggestions.SettleView.as_view(), name="suggestions-settle"),
    path("webhooks", team.WebhookListView.as_view(), name="webhooks"),
    path("webhooks/<int:pk>", team.WebhookView.as_view(), name="webhook"),
    path("webhooks/<int:pk>/secret", team.WebhookSecretView.as_view(), name="webhook-secret"),
    path("webhooks/<int:pk>/test", team.WebhookTestView.as_view(), name="webhook-test"),
    path("exports/<slug:name>", team.ExportView.as_view(), name="export-table"),
    path("authors/erase", team.EraseAuthorView.as_view(), name="author-erase"),
]
