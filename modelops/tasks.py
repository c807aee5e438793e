"""Work that a queue worker (`run_worker`) does for the web doors.

Django 6 has this API of its own: then `from django.tasks import task` is the only change here.
"""

from __future__ import annotations

import threading

from django_tasks import task

# Set when the worker is to end: the training that it is at is stopped at once, in good order.
stopping = threading.Event()


@task()
def train(run_id: int) -> str:
    """Execute a queued training run; return the state in which it ended."""
    from modelops.models import TrainingRun
    from modelops.services.execute_run import execute_run

    run = TrainingRun.objects.filter(pk=run_id).first()
    if run is None:
        return "deleted"
    return execute_run(run=run, stop=stopping).state


@task()
def send_alerts() -> int:
    """Send the alerts that nobody was sent yet; return how many."""
    from modelops.services.mail_alerts import mail_alerts

    return mail_alerts()
