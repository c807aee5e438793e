from __future__ import annotations

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from modelops import store
from modelops.errors import StillNeeded
from modelops.models import Door, LivePointer, ModelVersion, Operation

from .changing_rows import changing_rows
from .record_damage import forget_version
from .record_operation import record_operation

State = ModelVersion.State


def delete_version(
    *, version: ModelVersion, by: User | None, door: Door = Door.COMMAND, reason: str = ""
) -> bool:
    """Delete the files of a version; its row stays for ever. False when they were gone before.

    Raises StillNeeded for the live version, a pinned one, and the base of one that has its files.
    """
    with store.locked():
        with changing_rows():
            # the pointer first, as a promotion does: of the two, one waits for the other
            pointer = LivePointer.objects.select_for_update().first()
            if pointer is not None and pointer.version == version:
                raise StillNeeded(_("Version %(version)s is live.") % {"version": version.version})
            _check_dependents(version)
            there = ModelVersion.objects.filter(pk=version.pk).exclude(state=State.REMOVED)
            if not there.exists():
                return False
            if not there.filter(pinned=False).update(state=State.REMOVED):
                raise StillNeeded(
                    _("Version %(version)s is pinned. Release it before it is deleted.")
                    % {"version": version.version}
                )
            record_operation(
                kind=Operation.Kind.DELETE_VERSION,
                target=version.version,
                by=by,
                door=door,
                reason=reason,
                before={"state": version.state},
                after={"state": State.REMOVED},
            )
            forget_version(version=version)
        store.remove(store.version_folder(version.folder))
    version.state = State.REMOVED
    return True


def _check_dependents(version: ModelVersion) -> None:
    built = version.built_on_it.exclude(state=State.REMOVED)
    if names := list(built.order_by("pk").values_list("version", flat=True)):
        raise StillNeeded(
            _("Version %(version)s is the base of: %(others)s.")
            % {"version": version.version, "others": ", ".join(names)}
        )
