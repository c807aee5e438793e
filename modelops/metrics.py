"""Numbers for Prometheus.

Under gunicorn (gunicorn.conf.py sets PROMETHEUS_MULTIPROC_DIR) every worker writes its counters
to a shared folder and any worker answers for all of them; a lone process answers for itself.
The state of the model comes from the database at each scrape, the same from every worker.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from modelops.models import Backup, LivePointer, ServerWorker

ANALYSES = Counter(
    "toxiguard_analyses", "Texts scored, by decision and language.", ["decision", "language"]
)
SCORING_SECONDS = Histogram(
    "toxiguard_scoring_seconds",
    "Time to score one call, whatever the number of its texts.",
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


class ModelState(Collector):
    """Gauges that are read from the database when somebody asks."""

    def collect(self) -> Iterator[Metric]:
        pointer = LivePointer.current()
        info = GaugeMetricFamily(
            "toxiguard_live_version_info", "The live version.", labels=["version"]
        )
        published = GaugeMetricFamily(
            "toxiguard_live_version_published_timestamp_seconds",
            "When the live version was published on this site.",
        )
        if pointer is not None:
            info.add_metric([pointer.version.version], 1)
            published.add_metric([], pointer.version.created_at.timestamp())
        yield info
        yield published
        yield GaugeMetricFamily(
            "toxiguard_generation",
            "Generation of the live pointer.",
            value=pointer.generation if pointer else 0,
        )
        workers = GaugeMetricFamily(
            "toxiguard_worker_generation",
            "Generation that each server worker has dealt with.",
            labels=["host", "pid"],
        )
        failing = GaugeMetricFamily(
            "toxiguard_worker_failing",
            "1 while a server worker cannot load the live version.",
            labels=["host", "pid"],
        )
        for worker in ServerWorker.objects.alive():
            labels = [worker.host, str(worker.pid)]
            workers.add_metric(labels, worker.generation)
            failing.add_metric(labels, int(bool(worker.error)))
        yield workers
        yield failing
        yield GaugeMetricFamily("toxiguard_backups", "Backups.", value=Backup.objects.count())


def exposition() -> bytes:
    """Everything in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(ModelState())
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)
        return generate_latest(registry)
    return generate_latest(REGISTRY) + generate_latest(registry)
