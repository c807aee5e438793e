from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Door(models.TextChoices):
    """Through which door an operation came."""

    ADMIN = "admin", _("administration")
    API = "api", _("API")
    COMMAND = "command", _("command")
    PAGE = "page", _("model page")
    PYTHON = "python", _("Python")
    TASK = "task", _("background task")
