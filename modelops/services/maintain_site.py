from __future__ import annotations

import socket
from importlib import import_module
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone
from knox.models import AuthToken

from modelops import maintenance
from modelops.errors import OperationFailed
from modelops.models import LivePointer

from .reload_model import verify_live_files
from .report_worker import drop_silent_workers

logger = structlog.get_logger(__name__)


def maintain_site() -> dict[str, Any]:
    """The hourly check: clear what expired, verify and repair the live files, run the apps' jobs.

    Returns what was done: {"tokens", "workers", "repaired", "error", "jobs"}; `error` is empty
    when the live version's files are good.
    """
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    done: dict[str, Any] = {
        "tokens": AuthToken.objects.filter(expiry__lt=timezone.now()).delete()[0],
        "workers": drop_silent_workers(host=socket.gethostname()),
        "repaired": [],
        "error": "",
    }
    if pointer := LivePointer.current():
        try:
            done["repaired"] = verify_live_files(version=pointer.version)
        except OperationFailed as error:
            done["error"] = str(error)
    done["jobs"] = maintenance.run_jobs()
    logger.info("site.maintained", **done)
    return done
