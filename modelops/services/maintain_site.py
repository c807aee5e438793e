from __future__ import annotations

import socket
from importlib import import_module
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone
from knox.models import AuthToken

from modelops import maintenance

from .check_model import check_model
from .report_worker import drop_silent_workers

logger = structlog.get_logger(__name__)


def maintain_site() -> dict[str, Any]:
    """The hourly check: clear what expired, check the model, mail alerts, run the apps' jobs.

    Returns what was done: {"tokens", "workers", "repaired", "error", "alerts", "mailed", "jobs"};
    `error` is empty when the live version's files are good.
    """
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    done: dict[str, Any] = {
        "tokens": AuthToken.objects.filter(expiry__lt=timezone.now()).delete()[0],
        "workers": drop_silent_workers(host=socket.gethostname()),
    }
    done |= _checked()
    done["jobs"] = maintenance.run_jobs()
    logger.info("site.maintained", **done)
    return done


def _checked() -> dict[str, Any]:
    try:
        report = check_model(mail=True)
    except Exception as error:
        # the apps' jobs have their hour, too
        logger.exception("site.check_failed")
        return {"repaired": [], "error": type(error).__name__, "alerts": None, "mailed": 0}
    return {
        "repaired": report.repaired,
        "error": report.error,
        "alerts": len(report.alerts),
        "mailed": report.mailed,
    }
