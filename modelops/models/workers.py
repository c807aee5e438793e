from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ServerWorkerQuerySet(models.QuerySet["ServerWorker"]):
    def alive(self) -> ServerWorkerQuerySet:
        """Those that reported within three of their intervals."""
        return self.filter(seen_at__gte=timezone.now() - ServerWorker.SILENT_AFTER)


class ServerWorker(models.Model):
    """A process that serves requests, as it last reported itself."""

    REPORT_EVERY = timedelta(seconds=30)
    SILENT_AFTER = 3 * REPORT_EVERY

    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("process"))
    version = models.CharField(_("version served"), max_length=32, blank=True)
    model_type = models.CharField(_("model type"), max_length=64, blank=True)
    # the last generation it has dealt with; `error` says when that went wrong
    generation = models.PositiveBigIntegerField(_("generation"), default=0)
    error = models.CharField(_("error"), max_length=500, blank=True)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)

    objects = ServerWorkerQuerySet.as_manager()

    class Meta:
        verbose_name = _("server worker")
        verbose_name_plural = _("server workers")
        ordering = ["host", "pid"]
        constraints = [
            models.UniqueConstraint(fields=["host", "pid"], name="server_worker_host_pid")
        ]

    def __str__(self) -> str:
        return f"{self.host}/{self.pid}"
