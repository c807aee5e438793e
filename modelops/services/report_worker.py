from __future__ import annotations

import os
from pathlib import Path

from django.utils import timezone

from modelops.models import ServerWorker


def report_worker(
    *, host: str, pid: int, version: str, model_type: str, generation: int, error: str
) -> None:
    """Record what a server process serves now."""
    ServerWorker.objects.update_or_create(
        host=host,
        pid=pid,
        defaults={
            "version": version,
            "model_type": model_type,
            "generation": generation,
            "error": error[:500],
            "seen_at": timezone.now(),
        },
    )


def withdraw_worker(*, host: str, pid: int) -> None:
    """Take a process that ends off the list."""
    ServerWorker.objects.filter(host=host, pid=pid).delete()


def drop_silent_workers(*, host: str) -> int:
    """Take off the list who stopped reporting, and who is gone from this very host."""
    alive = ServerWorker.objects.alive()
    gone = [worker.pk for worker in alive.filter(host=host) if not runs_here(worker.pid)]
    silent = ServerWorker.objects.exclude(pk__in=alive.exclude(pk__in=gone).values("pk"))
    return silent.delete()[0]


def runs_here(pid: int) -> bool:
    """Whether this host has a process of that number."""
    if Path("/proc/self").exists():
        return Path(f"/proc/{pid}").exists()
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
