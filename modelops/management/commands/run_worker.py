from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import structlog
from django.core.management.base import CommandParser
from django.db import close_old_connections
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django_tasks_db.management.commands.db_worker import Worker

from modelops import maintenance, tasks
from modelops.management.site_command import SiteCommand
from modelops.models import QueueWorker
from modelops.services.enqueue_run import enqueue_waiting_runs
from modelops.services.expire_runs import expire_runs
from modelops.services.maintain_site import maintain_site
from modelops.services.report_queue_worker import (
    drop_silent_queue_workers,
    report_queue_worker,
    withdraw_queue_worker,
)

logger = structlog.get_logger(__name__)
HOUR = 3600.0  # seconds
REPORT_EVERY = QueueWorker.SILENT_AFTER.total_seconds() / 3


class TaskWorker(Worker):
    """Ends a training in good order when it is told to end, instead of waiting for it."""

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        tasks.stopping.set()
        super().shutdown(signum, frame)


class Command(SiteCommand):
    requires_system_checks = "__all__"
    log_is_output = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Run queued tasks, and once an hour the checks that keep the site in order."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        host, pid = socket.gethostname(), os.getpid()
        drop_silent_queue_workers(host=host)
        enqueue_waiting_runs()
        in_background("maintenance", HOUR, maintain_site)
        in_background("heartbeat", REPORT_EVERY, lambda: heartbeat(host, pid))
        for name, (every, job) in maintenance.frequent_jobs().items():
            in_background(name, every, job)
        worker = TaskWorker(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=1,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
        )
        # SIGTERM and SIGINT end an idle worker at once, a busy one after its task; a training
        # stops then
        worker.configure_signals()
        try:
            worker.run()
        finally:
            withdraw_queue_worker(host=host, pid=pid)


def heartbeat(host: str, pid: int) -> None:
    report_queue_worker(host=host, pid=pid)
    expire_runs()  # what a killed worker left is told within a minute or two


def in_background(name: str, every: float, work: Callable[[], object]) -> None:
    """Do something now and again and again, in a thread that ends with the process."""

    def repeat() -> None:
        pause = threading.Event()
        while True:
            close_old_connections()
            try:
                work()
            except Exception:
                # whatever it was, the next time is worth a try
                logger.exception("site.maintenance_failed", work=name)
            close_old_connections()
            pause.wait(every)

    threading.Thread(target=repeat, name=name, daemon=True).start()
