"""The operations that faults hit, on the site that `everything` in test_kills.py makes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from django.conf import settings

from modelops.errors import AlreadyLive
from modelops.models import Backup, Dataset, LivePointer, ModelVersion
from modelops.services.change_dataset import delete_dataset
from modelops.services.cleanup_backups import cleanup_backups
from modelops.services.cleanup_versions import cleanup_versions
from modelops.services.create_backup import create_backup
from modelops.services.delete_backup import delete_backup
from modelops.services.delete_version import delete_version
from modelops.services.import_dataset import import_dataset
from modelops.services.promote_version import promote_version
from modelops.services.publish_version import publish_version
from modelops.services.purge_erased_texts import purge_erased_texts
from modelops.services.restore_backup import restore_backup

ERASED = "eres un idiota"
ROWS = f"text,toxic\n{ERASED},1\nmuchas gracias,0\n"
MORE_ROWS = f"text,toxic\n{ERASED},1\nqué bonito,0\n"
NEW_ROWS = "text,toxic\nvaya tonto,1\nhasta mañana,0\n"


def _version(number: str) -> ModelVersion:
    return ModelVersion.objects.get(version=number)


def _publish_first() -> None:
    """What the first start of a site does."""
    version = publish_version(
        numeric=settings.DATA_DIR / "numeric",
        version="1.0.0",
        origin=ModelVersion.Origin.STARTER,
        by=None,
    )
    if LivePointer.current() is None:
        promote_version(version=version, by=None, reason="test")


def _publish() -> None:
    publish_version(
        numeric=settings.DATA_DIR / "numeric",
        version="1.1.0",
        origin=ModelVersion.Origin.FULL,
        parent=_version("1.0.1"),
        base=_version("1.0.0"),
        by=None,
    )


def _promote() -> None:
    # the process may have been killed after the pointer moved
    with contextlib.suppress(AlreadyLive):
        promote_version(version=_version("1.0.2"), by=None, reason="test")


def _back_up() -> None:
    create_backup(by=None, reason="test")


def _restore() -> None:
    """Of a version whose files were deleted: it is published anew from the backup."""
    backup = Backup.objects.filter(version__version="1.0.3").earliest("pk")
    restore_backup(backup=backup, by=None, reason="test", hold_back=True)


def _delete_version() -> None:
    delete_version(version=_version("1.0.2"), by=None)


def _delete_backup() -> None:
    backup = Backup.objects.filter(version__version="1.0.0").first()
    if backup is not None:
        delete_backup(backup=backup, by=None)


def _clean_up() -> None:
    cleanup_backups(keep=1, by=None)
    cleanup_versions(keep=1)


def _import_dataset() -> None:
    import_dataset(path=settings.DATA_DIR / "new.csv", name="new", by=None)


def _delete_dataset() -> None:
    for dataset in Dataset.objects.filter(name="first"):
        delete_dataset(dataset=dataset, by=None)


def _purge() -> None:
    purge_erased_texts()


OPERATIONS: dict[str, Callable[[], None]] = {
    "publish_first": _publish_first,
    "publish": _publish,
    "promote": _promote,
    "backup": _back_up,
    "restore": _restore,
    "delete_version": _delete_version,
    "delete_backup": _delete_backup,
    "cleanup": _clean_up,
    "import_dataset": _import_dataset,
    "delete_dataset": _delete_dataset,
    "purge": _purge,
}
# of what there is, the operation may take some away
TAKES: dict[str, set[str]] = {
    "promote": {"backups"},
    "backup": {"backups"},
    "restore": {"backups"},
    "delete_version": {"versions"},
    "delete_backup": {"backups"},
    "cleanup": {"backups", "versions"},
    "delete_dataset": {"datasets"},
}
