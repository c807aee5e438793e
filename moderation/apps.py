from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ModerationConfig(AppConfig):
    name = "moderation"
    verbose_name = _("Moderation")

    def ready(self) -> None:
        from modelops import maintenance, sources
        from moderation.sources import LabelledHistory, RecentAnalyses

        history = LabelledHistory()
        sources.register(history)
        sources.register_holdout(history)
        sources.register_recent(RecentAnalyses())
        maintenance.register("search_traces", forget_traces)
        post_migrate.connect(keep_search_index, sender=self)


def keep_search_index(*, using: str, **kwargs: Any) -> None:
    from moderation.search import repair_index

    repair_index(connections[using])


def forget_traces() -> int:
    from moderation.search import forget_traces

    return forget_traces(connections["default"])
