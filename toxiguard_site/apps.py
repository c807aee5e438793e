from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ToxiGuardSiteConfig(AppConfig):
    name = "toxiguard_site"
    label = "toxiguard_site"
    verbose_name = _("Site")

    def ready(self) -> None:
        from modelops import maintenance

        maintenance.register("callers", forget_callers)


def forget_callers() -> int:
    from toxiguard_site.throttling import forget_callers

    return forget_callers()
