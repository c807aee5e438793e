"""Versions that a process publishes once: later tests get the same rows over the same files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.core import serializers
from django.db import transaction

from modelops import serving


class PublishedOnce:
    """Calls `publish` in the first test that asks; gives others the rows that it left.

    The rows of a test go with its transaction, the files stay; publishing anew would read, check
    and load them each time.
    """

    def __init__(self, publish: Callable[[], object]) -> None:
        self._publish = publish
        self._rows: list[dict[str, Any]] = []

    def __call__(self) -> None:
        if self._rows:
            with transaction.atomic():
                for row in serializers.deserialize("python", self._rows):
                    row.save()
        else:
            self._publish()
            for model in apps.get_app_config("modelops").get_models():
                self._rows += serializers.serialize("python", model._default_manager.all())
        serving.look_again()
