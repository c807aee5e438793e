"""The packages that the administration shows, under names that people know."""

from __future__ import annotations

import axes.apps
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class Logins(axes.apps.AppConfig):
    verbose_name = _("Logins")


class Tokens(AppConfig):
    name = "knox"
    verbose_name = _("Tokens")
