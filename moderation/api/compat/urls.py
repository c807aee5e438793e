"""Routes of the drop-in paths, from the root of the site."""

from __future__ import annotations

from django.urls import path

from moderation.api.compat import discovery, openai, perspective

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
]
