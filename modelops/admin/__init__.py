"""The model in the Django admin: one file a list."""

from __future__ import annotations

from . import (
    alerts,
    backups,
    datasets,
    deployments,
    holds,
    runs,
    sentences,
    thresholds,
    versions,
    workers,
)

__all__ = [
    "alerts",
    "backups",
    "datasets",
    "deployments",
    "holds",
    "runs",
    "sentences",
    "thresholds",
    "versions",
    "workers",
]
