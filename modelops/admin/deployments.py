"""What was live when: read, and roll back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from modelops.forms import ReasonForm
from modelops.models import Deployment, Door
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
        newest = Deployment.objects.select_related("version", "previous").first()
        if newest is None or newest.previous is None:
            told = _("There is no earlier version to go back to.")
            self.message_user(request, told, messages.WARNING)
            return self.back()
        target = newest.previous
        names = {"version": target.version, "live": newest.version.version}

        def perform(data: dict[str, Any]) -> str:
            deployment = promote_version(
                version=target,
                by=user_of(request),
                reason=data["reason"] or _("Rolled back in the administration"),
                door=Door.ADMIN,
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
            form=ReasonForm,
        )
        return self.ask(request, inquiry)
