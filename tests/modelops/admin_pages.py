"""What tests of the admin do again and again: ask, confirm, read the messages and the history."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.admin.models import LogEntry
from django.db.models import Model
from django.test import Client


def choose(client: Client, place: str, action: str, *rows: Model, **data: Any) -> Any:
    """Send an action of a list; with `confirm` it is done, else it is asked for."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(f"/admin/modelops/{place}/", chosen | data)


def confirm(client: Client, place: str, action: str, *rows: Model, **data: Any) -> Any:
    return choose(client, place, action, *rows, confirm="yes", **data)


def press(client: Client, path: str, **data: Any) -> Any:
    """Confirm what a button asks."""
    return client.post(f"/admin/modelops/{path}/", {"confirm": "yes"} | data)


def told(answer: Any) -> list[str]:
    """The messages that came with this very answer."""
    return [str(message) for message in answer.wsgi_request._messages._queued_messages]


def words(answer: Any) -> str:
    """The text of a page, without markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def history() -> list[tuple[str, int, str, str]]:
    """The admin's journal, oldest first: model, flag, object, message."""
    return [
        (entry.content_type.model, entry.action_flag, entry.object_repr, entry.change_message)
        for entry in LogEntry.objects.order_by("pk").select_related("content_type")
    ]
