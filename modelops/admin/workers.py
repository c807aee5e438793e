"""The processes of the site, as they last reported themselves: read only."""

from __future__ import annotations

from django.contrib import admin

from modelops.models import QueueWorker, ServerWorker

from .base import OperatorAdmin


@admin.register(ServerWorker)
class ServerWorkerAdmin(OperatorAdmin):
    list_display = ["host", "pid", "version", "generation", "error", "seen_at"]


@admin.register(QueueWorker)
class QueueWorkerAdmin(OperatorAdmin):
    list_display = ["host", "pid", "seen_at"]
