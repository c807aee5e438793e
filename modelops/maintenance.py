"""The port through which apps add work to the hourly maintenance.

An app registers a job when it gets ready; `maintain_site` runs all of them and knows none.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

logger = structlog.get_logger(__name__)
Job = Callable[[], int]  # returns how many things it dealt with

_jobs: dict[str, Job] = {}


def register(name: str, job: Job) -> None:
    """Add a job; a second one of the same name replaces the first."""
    _jobs[name] = job


def run_jobs() -> dict[str, int | None]:
    """Run all jobs; {name: what it returned}, None for one that failed, which is logged."""
    done: dict[str, int | None] = {}
    for name, job in _jobs.items():
        try:
            done[name] = job()
        except Exception:
            # one job's trouble must not keep the others from their work
            logger.exception("maintenance.job_failed", job=name)
            done[name] = None
    return done
