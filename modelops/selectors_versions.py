"""Versions, backups and deployments as the lists of admin and API show them."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from modelops.models import Backup, Deployment, LivePointer, ModelVersion


def listed_versions() -> QuerySet[ModelVersion]:
    """All versions, newest first, each with `is_live` and what names it."""
    pointers = LivePointer.objects.filter(version=OuterRef("pk"))
    versions = ModelVersion.objects.annotate(is_live=Exists(pointers))
    return versions.select_related("created_by", "parent", "base")


def live_is_damaged() -> bool:
    """Whether the live version failed its last check, so that it can't be backed up."""
    damaged = ModelVersion.State.DAMAGED
    return LivePointer.objects.filter(version__state=damaged).exists()


def listed_backups() -> QuerySet[Backup]:
    return Backup.objects.select_related("version", "created_by")


def listed_deployments() -> QuerySet[Deployment]:
    return Deployment.objects.select_related("version", "previous", "by")
