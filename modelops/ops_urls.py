"""What operations look at, at the root of the site."""

from __future__ import annotations

from django.urls import path

from modelops.api import operations

urlpatterns = [
    path("health", operations.health, name="health"),
    path("healthz", operations.health, name="healthz"),
    path("readyz", operations.ready, name="readyz"),
    path("metrics", operations.MetricsView.as_view(), name="metrics"),
]
