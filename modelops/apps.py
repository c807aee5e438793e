from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core.signals import request_started
from django.utils.translation import gettext_lazy as _


class ModelOpsConfig(AppConfig):
    name = "modelops"
    verbose_name = _("Model operations")

    def ready(self) -> None:
        from modelops import checks, maintenance, sources  # noqa: F401
        from modelops.datasets import ImportedDatasets

        datasets = ImportedDatasets()
        sources.register(datasets)
        sources.register_holdout(datasets)
        maintenance.register("erased_texts", purge_erased_texts)
        maintenance.register("leftovers", clear_leftovers)
        # gunicorn starts the follower itself (gunicorn.conf.py); other servers at the first request
        request_started.connect(start_following, dispatch_uid="modelops.follower")


def start_following(**kwargs: Any) -> None:
    from modelops import serving

    request_started.disconnect(dispatch_uid="modelops.follower")
    serving.start_follower()


def purge_erased_texts() -> int:
    from modelops.services.purge_erased_texts import purge_erased_texts

    return purge_erased_texts()


def clear_leftovers() -> int:
    from modelops import store

    return len(store.clear_leftovers())
