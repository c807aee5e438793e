"""What operations look at, at the root of the site."""

from __future__ import annotations

from django.urls import path

from modelops.api import operations

urlpatterns = [
    path("health", operations.HealthView.as_view(), name="health"),
    path("healthz", operations.HealthzView.as_view(), name="healthz"),
    path("readyz", operations.ReadyView.as_view(), name="readyz"),
    path("metrics", operations.MetricsView.as_view(), name="metrics"),
]
