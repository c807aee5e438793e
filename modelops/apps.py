from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ModelOpsConfig(AppConfig):
    name = "modelops"
    verbose_name = _("Model operations")
