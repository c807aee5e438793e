"""Django system checks of what the model needs around it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connections
from django.utils.translation import gettext as _

from modelops.ml.artifacts import NUMERIC_FILES


@register("toxiguard")
def check_folders(**kwargs: Any) -> list[CheckMessage]:
    """The store can be written, and the starter is there."""
    found: list[CheckMessage] = []
    store = settings.MODELS_STORE_DIR
    folder = next(path for path in (store, *store.parents) if path.exists())
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        found.append(
            Warning(
                _("The model files cannot be written: %(path)s") % {"path": folder},
                hint=_("Set TOXIGUARD_DATA_DIR to a folder that this user may write to."),
                id="modelops.W001",
            )
        )
    missing = [name for name in NUMERIC_FILES if not (settings.STARTER_DIR / name).is_file()]
    if missing:
        found.append(
            Warning(
                _("The starter model is incomplete; missing: %(names)s")
                % {"names": ", ".join(missing)},
                hint=_("Take models_store/starter/ from the repository again."),
                id="modelops.W002",
            )
        )
    return found


@register(Tags.database)
def check_hosts(databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Several hosts need PostgreSQL and one shared models_store."""
    from modelops.models import ServerWorker

    if "default" not in (databases or []):
        return []
    try:
        workers = list(ServerWorker.objects.alive())
    except DatabaseError:  # before the first migration
        return []
    hosts = sorted({worker.host for worker in workers})
    if len(hosts) < 2:
        return []
    named = {"hosts": ", ".join(hosts)}
    if connections["default"].vendor == "sqlite":
        return [
            Error(
                _("Several hosts serve this site from SQLite: %(hosts)s") % named,
                hint=_("Several hosts need PostgreSQL (DATABASE_URL) and one shared models_store."),
                id="modelops.E001",
            )
        ]
    failing = sorted({worker.host for worker in workers if worker.error})
    if failing and failing != hosts:
        return [
            Warning(
                _("Only some hosts can load the live model; these cannot: %(hosts)s")
                % {"hosts": ", ".join(failing)},
                hint=_("All hosts need the same models_store."),
                id="modelops.W003",
            )
        ]
    return []
