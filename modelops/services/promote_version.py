from __future__ import annotations

import time
from datetime import datetime

import structlog
from django.contrib.auth.models import User

from modelops import loading, serving, store
from modelops.errors import (
    AlreadyLive,
    DamagedFiles,
    LiveVersionDamaged,
    OperationFailed,
    Superseded,
    VersionRemoved,
)
from modelops.models import (
    Backup,
    Deployment,
    Door,
    LivePointer,
    ModelVersion,
    Operation,
    TrainingRun,
)

from .changing_rows import changing_rows
from .create_backup import create_backup
from .fence import fence
from .label_holds import hold_labels
from .record_damage import record_damaged_version
from .record_operation import record_operation
from .settle_retraining import settle_retraining_after_promotion

logger = structlog.get_logger(__name__)
State = ModelVersion.State


def promote_version(
    *,
    version: ModelVersion,
    by: User | None,
    reason: str,
    door: Door = Door.COMMAND,
    run: TrainingRun | None = None,
    backup: bool = True,
) -> Deployment:
    """Make a published version live, after a backup of the one that is (`--force` leaves it out).

    Raises AlreadyLive when it is, LiveVersionDamaged when nothing intact is left to back up,
    Superseded when somebody else changed what is live in the meantime, LostLease when `run`
    is no longer ours, OperationFailed when the version is no good or the backup fails; then
    nothing changes. Once the pointer is swapped the version is live: if people's copies at the top
    can't follow, that is logged, and the next reload or hourly check repairs them.
    """
    started = time.monotonic()
    pointer, _created = LivePointer.objects.get_or_create(pk=1)
    if pointer.version == version:
        raise AlreadyLive(version.version)
    if version.state == State.REMOVED:
        raise VersionRemoved(version.version)
    loading.load_version(version)
    saved = None
    if pointer.version is not None and backup:
        saved = save_live(pointer=pointer, by=by, reason=reason, door=door)
    return go_live(
        version=version,
        pointer=pointer,
        saved=saved,
        by=by,
        reason=reason,
        door=door,
        run=run,
        kind=Operation.Kind.PROMOTE,
        started=started,
    )


def save_live(
    *,
    pointer: LivePointer,
    by: User | None,
    reason: str,
    door: Door,
    keep: Backup | None = None,
    insist: bool = True,
) -> Backup | None:
    """Back up what is live, before something else is; None where nothing intact is left of it.

    A damaged live version raises LiveVersionDamaged and stays live until it is repaired or a
    backup restored, which does not `insist`. `keep` is a backup that must not be dropped for the
    new one.
    """
    version = pointer.version
    try:
        store.check_numeric_form(
            store.version_folder(version.folder), manifest_digest=version.manifest_digest
        )
    except DamagedFiles as error:
        record_damaged_version(version=version, names=error.names)
        if insist:
            raise LiveVersionDamaged(version.version, error.names) from error
        logger.warning("model.not_backed_up", version=version.version, files=error.names)
        return None
    return create_backup(by=by, reason=reason, door=door, keep=keep)


def go_live(
    *,
    version: ModelVersion,
    pointer: LivePointer,
    saved: Backup | None,
    by: User | None,
    reason: str,
    door: Door,
    kind: Operation.Kind,
    started: float,
    target: str = "",
    run: TrainingRun | None = None,
    hold_after: datetime | None = None,
) -> Deployment:
    """Swap the pointer from what the caller saw to a version that was loaded and is good.

    `saved` is the backup of what was live. With `hold_after` the labels given since then are held
    back, in the same transaction. `started` is when the operation began (monotonic).
    """
    previous, generation = pointer.version, pointer.generation + 1
    with changing_rows():
        won = LivePointer.objects.filter(
            pk=pointer.pk, generation=pointer.generation, version=previous
        ).update(version=version, generation=generation)
        if not won:
            raise Superseded
        kept = ModelVersion.objects.filter(pk=version.pk).exclude(state=State.REMOVED)
        if not kept.update(state=State.READY):
            raise VersionRemoved(version.version)
        if run is not None:
            fence(run=run, version=version)
        if hold_after is not None:
            hold_labels(after=hold_after, reason=reason, by=by, door=door)
        deployment = Deployment.objects.create(
            version=version,
            previous=previous,
            generation=generation,
            by=by,
            door=door,
            reason=reason,
        )
        record_operation(
            kind=kind,
            target=target or version.version,
            by=by,
            door=door,
            reason=reason,
            before={"version": previous.version if previous else None},
            after={
                "version": version.version,
                "generation": generation,
                "backup": saved.name if saved else None,
            },
            seconds=round(time.monotonic() - started, 3),
        )
    _let_copies_follow(version, generation)
    serving.look_again()
    settle_retraining_after_promotion()
    return deployment


def _let_copies_follow(version: ModelVersion, generation: int) -> None:
    try:
        with store.locked():
            # whoever swaps after us brings his own, and ours must not come later than those
            if LivePointer.objects.filter(generation=generation).exists():
                store.replace_live_copies(store.version_folder(version.folder))
    except OperationFailed as error:
        logger.error("model.copies_outdated", version=version.version, error=str(error))
