"""What was live when: read, and roll back."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from modelops.forms import PromoteForm
from modelops.models import Deployment, Door, LivePointer
from modelops.selectors_versions import live_is_damaged
from modelops.services.promote_version import promote_version

from .base import Inquiry, OperatorAdmin, button, user_of


@admin.register(Deployment)
class DeploymentAdmin(OperatorAdmin):
    list_display = ["created_at", "version", "previous", "generation", "by", "door", "reason"]
    list_filter = ["door"]
    search_fields = ["version__version", "reason"]
    list_select_related = ["version", "previous", "by"]
    buttons = ("roll_back",)
    fields = readonly_fields = (
        "created_at",
        "version",
        "previous",
        "generation",
        "by",
        "door",
        "reason",
    )

    @button(gettext_lazy("Roll back"), place="roll-back")
    def roll_back(self, request: HttpRequest) -> HttpResponse:
        pointer = LivePointer.current()
        # a restoration may have made anew what was live; that is not what anybody goes back to
        others = Deployment.objects.exclude(version=pointer.version if pointer else None)
        before = others.select_related("version").first()
        if pointer is None or before is None:
            told = _("There is no earlier version to go back to.")
            self.message_user(request, told, messages.WARNING)
            return self.back()
        target = before.version
        names = {"version": target.version, "live": pointer.version.version}

        def perform(data: dict[str, Any]) -> str:
            deployment = promote_version(
                version=target,
                by=user_of(request),
                reason=data["reason"] or _("Rolled back in the administration"),
                door=Door.ADMIN,
                backup=not data.get("force"),
            )
            told = _("Version %(version)s is live again.") % names
            self.log_addition(request, deployment, told)
            return told

        inquiry = Inquiry(
            title=_("Roll back to version %(version)s") % names,
            consequences=[
                _("Version %(version)s becomes live again; version %(live)s is live now.") % names,
                _("Version %(live)s is backed up first. If that fails, nothing changes.") % names,
                _("All processes of the server change over within two seconds, without a break."),
            ],
            button=_("Roll back"),
            perform=perform,
            form=partial(PromoteForm, live_damaged=live_is_damaged()),
        )
        return self.ask(request, inquiry)
