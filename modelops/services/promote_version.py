from __future__ import annotations

import structlog
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from modelops import loading, serving, store
from modelops.errors import OperationFailed, Superseded
from modelops.models import Deployment, LivePointer, ModelVersion

from .create_backup import create_backup

logger = structlog.get_logger(__name__)


def promote_version(*, version: ModelVersion, by: User | None, reason: str) -> Deployment:
    """Make a published version live, after a backup of the one that is.

    Raises Superseded when somebody else changed what is live in the meantime, OperationFailed
    when the version is no good or the backup fails; then nothing changes. Once the pointer is
    swapped the version is live: if people's copies at the top can't follow, that is logged, and
    the next reload or hourly check repairs them.
    """
    pointer, _created = LivePointer.objects.get_or_create(pk=1)
    previous = pointer.version
    loading.load_version(version)
    if previous is not None:
        create_backup(by=by, reason=reason)
    with transaction.atomic():
        generation = pointer.generation + 1
        won = LivePointer.objects.filter(
            pk=pointer.pk, generation=pointer.generation, version=previous
        ).update(version=version, generation=generation)
        if not won:
            raise Superseded(_("Somebody else changed the live version meanwhile. Try again."))
        deployment = Deployment.objects.create(
            version=version, previous=previous, generation=generation, by=by, reason=reason
        )
    try:
        store.replace_live_copies(store.version_folder(version.folder))
    except OperationFailed as error:
        logger.error("model.copies_outdated", version=version.version, error=str(error))
    serving.look_again()
    logger.info(
        "model.promoted",
        version=version.version,
        previous=previous.version if previous else None,
        generation=generation,
        by=str(by or ""),
        reason=reason,
    )
    return deployment
