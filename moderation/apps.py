from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_out
from django.db import connections
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.contrib.auth.models import User

WEBHOOK_PAUSE = 3.0  # seconds after which webhooks hear of a decision, and it is tried again


class ModerationConfig(AppConfig):
    name = "moderation"
    verbose_name = _("Moderation")

    def ready(self) -> None:
        from modelops import maintenance, sources
        from moderation import checks  # noqa: F401
        from moderation.sources import AcceptedSuggestions, LabelledHistory, RecentAnalyses

        history = LabelledHistory()
        sources.register(history)
        sources.register(AcceptedSuggestions())
        sources.register_holdout(history)
        sources.register_recent(RecentAnalyses())
        # (before the traces of what it erases are)
        maintenance.register("retention", erase_expired)
        maintenance.register("search_traces", forget_traces)
        maintenance.register("webhook_messages", drop_old_messages)
        maintenance.register_frequent("webhooks", send_due_messages, every=WEBHOOK_PAUSE)
        maintenance.register("rescored_items", rescore_waiting)
        maintenance.register("earlier_analyses", open_earlier)
        post_migrate.connect(keep_search_index, sender=self)
        user_logged_out.connect(release_claims, dispatch_uid="moderation.claims")


def keep_search_index(*, using: str, **kwargs: Any) -> None:
    from moderation.search import repair_index

    repair_index(connections[using])


def release_claims(*, user: User | None, **kwargs: Any) -> None:
    from moderation.services.claims import release_claims_of

    if user is not None:
        release_claims_of(user=user)


def rescore_waiting() -> int:
    from moderation.services.rescore_items import rescore_waiting

    return rescore_waiting()


def open_earlier() -> int:
    from moderation.services.open_earlier import open_earlier

    return open_earlier()


def erase_expired() -> int:
    from moderation.services.retain import erase_expired

    return erase_expired()


def send_due_messages() -> int:
    from moderation.services.send_webhooks import send_due_messages

    return send_due_messages()


def drop_old_messages() -> int:
    from moderation.services.send_webhooks import drop_old_messages

    return drop_old_messages()


def forget_traces() -> int:
    from moderation.search import forget_traces

    return forget_traces(connections["default"])
