"""What can go wrong with the model, in words for people.

Doors translate these: the API into problem details, commands into `CommandError`.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _


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


class UnusableModel(OperationFailed):
    """The files are intact, but the model in them does not load or fails its golden inputs."""


class NoLiveVersion(OperationFailed):
    def __init__(self) -> None:
        super().__init__(
            _("There is no live model. Run “python manage.py bootstrap” to publish the starter.")
        )


class VersionTaken(OperationFailed):
    """The version number belongs to another model already."""


class Superseded(OperationFailed):
    """Somebody else changed the live version in the meantime."""
