from __future__ import annotations

from django.utils import timezone

from modelops.models import QueueWorker

from .report_worker import runs_here


def report_queue_worker(*, host: str, pid: int) -> None:
    """Record that a process works on queued tasks."""
    QueueWorker.objects.update_or_create(host=host, pid=pid, defaults={"seen_at": timezone.now()})


def withdraw_queue_worker(*, host: str, pid: int) -> None:
    """Take a process that ends off the list."""
    QueueWorker.objects.filter(host=host, pid=pid).delete()


def drop_silent_queue_workers(*, host: str) -> int:
    """Take off the list who stopped reporting, and who is gone from this very host."""
    silent = timezone.now() - QueueWorker.SILENT_AFTER
    workers = list(QueueWorker.objects.all())
    gone = [
        worker.pk
        for worker in workers
        if worker.seen_at < silent or (worker.host == host and not runs_here(worker.pid))
    ]
    return QueueWorker.objects.filter(pk__in=gone).delete()[0]
