"""Routes of the drop-in paths, from the root of the site."""

from __future__ import annotations

from django.urls import path

from moderation.api.compat import discovery, openai, perspective, toxiguard1
from moderation.api.compat import toxiguard1_keywords as keywords

app_name = "compat"

urlpatterns = [
    path(
        "v1alpha1/comments:analyze",
        perspective.AnalyzeCommentView.as_view(),
        name="perspective-analyze",
    ),
    path(
        "v1alpha1/comments:suggestscore",
        perspective.SuggestScoreView.as_view(),
        name="perspective-suggestscore",
    ),
    path("$discovery/rest", discovery.DiscoveryView.as_view(), name="discovery"),
    path("v1/moderations", openai.ModerationsView.as_view(), name="openai-moderations"),
    path("analyze", toxiguard1.AnalyzeView.as_view(), name="first-analyze"),
    path("history", toxiguard1.HistoryView.as_view(), name="first-history"),
    path("history/stats", toxiguard1.HistoryStatsView.as_view(), name="first-stats"),
    path("history/search", toxiguard1.HistorySearchView.as_view(), name="first-search"),
    path("history/<str:pk>", toxiguard1.HistoryRowView.as_view(), name="first-history-row"),
    path("keywords", keywords.KeywordsView.as_view(), name="first-keywords"),
    path("keywords/add", keywords.AddKeywordView.as_view(), name="first-keyword-add"),
    path(
        "keywords/remove",
        keywords.RemoveKeywordView.as_view(),
        name="first-keyword-remove",
    ),
    path("categories", keywords.CategoriesView.as_view(), name="first-categories"),
    path("api/health", toxiguard1.HealthView.as_view(), name="first-health"),
    path("ml/status", toxiguard1.ModelStatusView.as_view(), name="first-ml-status"),
]
