from __future__ import annotations

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from modelops.errors import StillNeeded
from modelops.models import Deployment, Door, LivePointer, ModelVersion

from .delete_version import delete_version

KEEP = 20


def cleanup_versions(
    *, keep: int = KEEP, by: User | None = None, door: Door = Door.TASK
) -> list[ModelVersion]:
    """Delete the files of old versions; return those whose files went.

    The newest `keep`, the live version, its predecessor, pinned ones, and the bases of all of
    these keep theirs.
    """
    if keep < 0:
        raise ValueError("keep must be 0 or more")
    versions = list(
        ModelVersion.objects.exclude(state=ModelVersion.State.REMOVED)
        .select_related("base")
        .order_by("-pk")
    )
    stay = {version.pk for version in versions[:keep]} | _in_use()
    stay |= {version.pk for version in versions if version.pinned}
    bases = {version.base_id for version in versions if version.pk in stay}
    reason = _("More than the newest %(keep)s") % {"keep": keep}
    gone = []
    for version in versions:
        if version.pk in stay | bases:
            continue
        try:
            if delete_version(version=version, by=by, door=door, reason=reason):
                gone.append(version)
        except StillNeeded:
            continue  # since a moment ago, or by one that is needed itself
    return gone


def _in_use() -> set[int]:
    """Numbers of the live version and of the one before it."""
    pointer = LivePointer.current()
    if pointer is None:
        return set()
    before = Deployment.objects.exclude(version=pointer.version).values_list("version_id")
    return {pointer.version.pk, *(pk for (pk,) in before[:1])}
