"""What can go wrong with the model, in words for people.

Doors translate these: the API into problem details, commands into `CommandError`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from modelops.models import TrainingRun


class OperationFailed(RuntimeError):
    """An operation on the model was not possible; nothing changed."""


class StoreError(OperationFailed):
    """The model files could not be read or written."""


class DamagedFiles(StoreError):
    """Files are missing or differ from what their manifest or row says."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        super().__init__(
            _("Missing or damaged model files: %(names)s") % {"names": ", ".join(self.names)}
        )


class LiveVersionDamaged(DamagedFiles):
    """What is live can't be backed up, since its files are bad."""

    def __init__(self, version: str, names: Iterable[str]) -> None:
        super().__init__(names)
        self.args = (
            _(
                "The live version %(version)s is damaged (%(names)s) and can't be backed up, so "
                "nothing changed. Repair it with “python manage.py reconcile_store --fix” or "
                "restore a backup; only by force is it replaced without a backup."
            )
            % {"version": version, "names": ", ".join(self.names)},
        )


class VersionRemoved(OperationFailed):
    """The version's files were deleted."""

    def __init__(self, version: str) -> None:
        super().__init__(
            _("The files of version %(version)s were deleted. Restore a backup of it, if any.")
            % {"version": version}
        )


class StillNeeded(OperationFailed):
    """What is to be deleted is live, pinned, or something else depends on it."""


class UnusableModel(OperationFailed):
    """The files are intact, but the model in them does not load or fails its golden inputs."""


class NoLiveVersion(OperationFailed):
    def __init__(self) -> None:
        super().__init__(
            _("There is no live model. Run “python manage.py bootstrap” to publish the starter.")
        )


class VersionTaken(OperationFailed):
    """The version number belongs to another model already."""


class AlreadyLive(OperationFailed):
    """The version that is to go live is the live one."""

    def __init__(self, version: str) -> None:
        super().__init__(
            _("Version %(version)s is live already; nothing changed.") % {"version": version}
        )


class Superseded(OperationFailed):
    """Somebody else changed the live version in the meantime."""

    def __init__(self) -> None:
        super().__init__(_("Somebody else changed the live version meanwhile. Try again."))


class LostLease(OperationFailed):
    """The run that this process worked on is not its own any more; nothing was changed."""

    def __init__(self) -> None:
        super().__init__(_("The run was taken for lost meanwhile; nothing was changed."))


class RunBusy(OperationFailed):
    """Another training is waiting or running: `run`. `forsaken`: there is no worker to begin it."""

    def __init__(self, run: TrainingRun, *, forsaken: bool = False) -> None:
        self.run = run
        if forsaken:
            text = _(
                "Another training waits (%(kind)s, run %(run)s), since no worker is running. Start "
                "one with “python manage.py run_worker”, or cancel that training."
            )
        else:
            text = _(
                "Another training is under way (%(kind)s, run %(run)s). Wait for its end, or "
                "cancel it."
            )
        super().__init__(text % {"kind": run.get_kind_display(), "run": run.pk})


class RunEnded(OperationFailed):
    """There is nothing to cancel: the run has ended already."""

    def __init__(self, run: TrainingRun) -> None:
        self.run = run
        super().__init__(
            _("Run %(run)s has ended already: %(state)s.")
            % {"run": run.pk, "state": run.get_state_display()}
        )
