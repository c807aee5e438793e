from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import structlog
from django.contrib.auth.models import User
from django.db.models import F
from django.utils.translation import gettext as _

from modelops import selectors, serving, store
from modelops.errors import DamagedFiles, NoLiveVersion, OperationFailed, Superseded
from modelops.models import Door, LivePointer, ModelVersion, Operation, ServerWorker

from .people_files import repair_people_files
from .record_damage import (
    mark_ready,
    record_damaged_version,
    record_intact_version,
    record_repaired_copies,
)
from .record_operation import record_operation

logger = structlog.get_logger(__name__)
PATIENCE = 2.0  # seconds to wait for the workers


@dataclass(frozen=True, slots=True)
class Reloaded:
    model_type: str
    version: str
    generation: int
    workers: list[dict[str, Any]]
    repaired: list[str]


def reload_model(*, by: User | None, door: Door = Door.COMMAND) -> Reloaded:
    """Verify the live files again, repair what is derived, have every worker load them anew.

    Waits at most two seconds for the workers; who lags behind shows in `workers`. Raises
    OperationFailed when the files are bad; then everybody goes on with what they serve.
    """
    started = time.monotonic()
    pointer = LivePointer.current()
    if pointer is None:
        raise NoLiveVersion
    version = pointer.version
    repaired = verify_live_files(version=version)
    bumped = LivePointer.objects.filter(pk=pointer.pk, version=version)
    if not bumped.update(generation=F("generation") + 1):
        raise Superseded
    deadline = time.monotonic() + PATIENCE
    here = serving.refresh()
    if here is None or here.error:
        raise OperationFailed(here.error if here else _("The model could not be loaded."))
    _wait_for_workers(generation=here.generation, deadline=deadline)
    workers = [
        selectors.worker_status(worker, generation=here.generation)
        for worker in ServerWorker.objects.alive()
    ]
    record_operation(
        kind=Operation.Kind.RELOAD,
        target=here.version,
        by=by,
        door=door,
        before={"generation": pointer.generation},
        after={"generation": here.generation, "repaired": repaired},
        seconds=round(time.monotonic() - started, 3),
    )
    return Reloaded(here.model_type, here.version, here.generation, workers, repaired)


def verify_live_files(*, version: ModelVersion) -> list[str]:
    """Check the live version's files and repair the derived ones; return what was repaired.

    Records a bad numeric form in the version's state and raises DamagedFiles. What was repaired is
    an open alert until the next check finds nothing.
    """
    folder = store.version_folder(version.folder)
    try:
        repaired = repair_people_files(version=version)
    except DamagedFiles as error:
        record_damaged_version(version=version, names=error.names)
        raise
    mark_ready(version=version)
    strange = store.strange_live_copies(folder)
    copies = store.repair_live_copies(folder)
    if strange:
        record_repaired_copies(names=strange)
    elif not repaired:
        record_intact_version(version=version)
    if repaired or copies:
        logger.warning("model.repaired", version=version.version, files=repaired, copies=copies)
    return sorted({*repaired, *copies})


def _wait_for_workers(*, generation: int, deadline: float) -> None:
    lagging = ServerWorker.objects.alive().filter(generation__lt=generation)
    while lagging.all().exists() and time.monotonic() < deadline:
        time.sleep(0.05)
