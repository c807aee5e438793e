from __future__ import annotations

import threading
from typing import Any

import structlog
from django.core.management.base import CommandParser
from django.db import close_old_connections
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django_tasks_db.management.commands.db_worker import Worker

from modelops.management.site_command import SiteCommand
from modelops.services.maintain_site import maintain_site

logger = structlog.get_logger(__name__)
HOUR = 3600.0  # seconds


class Command(SiteCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Run queued tasks, and once an hour the checks that keep the site in order."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        threading.Thread(target=maintain_hourly, name="maintenance", daemon=True).start()
        worker = Worker(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=1,
            batch=False,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
        )
        # SIGTERM and SIGINT end an idle worker at once, a busy one after its task
        worker.configure_signals()
        worker.run()


def maintain_hourly() -> None:
    pause = threading.Event()
    while True:
        close_old_connections()
        try:
            maintain_site()
        except Exception:
            # whatever it was, the next check in an hour is worth a try
            logger.exception("site.maintenance_failed")
        close_old_connections()
        pause.wait(HOUR)
