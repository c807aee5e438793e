"""The port through which apps add work to the hourly maintenance, and work that can't wait so long.

An app registers a job when it gets ready; `maintain_site` and `run_worker` run all of them and know
none.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

logger = structlog.get_logger(__name__)
Job = Callable[[], int]  # returns how many things it dealt with

_jobs: dict[str, Job] = {}
_frequent: dict[str, tuple[float, Job]] = {}


def register(name: str, job: Job) -> None:
    """Add a job; a second one of the same name replaces the first."""
    _jobs[name] = job


def register_frequent(name: str, job: Job, *, every: float) -> None:
    """Add a job that `run_worker` does again and again, with `every` seconds between."""
    _frequent[name] = (every, job)


def frequent_jobs() -> dict[str, tuple[float, Job]]:
    """{name: (seconds between, job)}"""
    return dict(_frequent)


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
