"""Work that a queue worker (`run_worker`) does for the web doors."""

from __future__ import annotations

from django_tasks import task


@task()
def mail_leads(decision_ids: list[int]) -> int:
    """Tell the leads what was escalated; return how many were told."""
    from moderation.services.tell_leads import mail_escalations

    return mail_escalations(decision_ids=decision_ids)
