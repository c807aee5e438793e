"""What the administration shows of packages: logins and tokens, in the site's language.

The queue of background tasks stays out of it: runs, deliveries and processes have their own lists.
"""

from __future__ import annotations

from typing import Any

import django_tasks_db.admin  # noqa: F401  (registers itself, and must have done so before)
import knox.admin  # noqa: F401
from axes.conf import settings
from axes.models import AccessAttempt, AccessLog
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django_tasks_db.models import DBTaskResult
from knox.models import AuthToken

# Names that the packages give without a Spanish translation (the catalogue has it).
_WORDS = (
    _("access attempt"),
    _("access attempts"),
    _("access log"),
    _("access logs"),
    _("User Agent"),
    _("IP Address"),
    _("Username"),
    _("HTTP Accept"),
    _("Path"),
    _("Attempt Time"),
    _("Logout Time"),
    _("GET Data"),
    _("POST Data"),
    _("Failed Logins"),
)


class ReadAndDelete(admin.ModelAdmin):
    """Rows that the site writes; people look, and delete what shall no longer count."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadAndDelete):
    """Wrong passwords; deleting the row lets the person try again at once."""

    list_display = ("username", "ip_address", "attempt_time", "failures_since_start", "locked")
    list_filter = ("attempt_time",)
    search_fields = ("username", "ip_address")
    fields = (*list_display, "path_info", "user_agent")

    @admin.display(description=_("Locked"), boolean=True)
    def locked(self, attempt: AccessAttempt) -> bool:
        return bool(attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT)


@admin.register(AccessLog)
class AccessLogAdmin(ReadAndDelete):
    list_display = ("username", "ip_address", "attempt_time", "logout_time")
    list_filter = ("attempt_time",)
    search_fields = ("username", "ip_address")
    fields = (*list_display, "path_info", "user_agent")


admin.site.unregister(DBTaskResult)
admin.site.unregister(AuthToken)


@admin.register(AuthToken)
class AuthTokenAdmin(ReadAndDelete):
    """Issued on the team's pages and by `issue_token`; deleting one ends it."""

    list_display = ("begins", "user", "issued", "ends")
    search_fields = ("token_key", "user__username")
    list_filter = ("created",)
    fields = list_display

    @admin.display(description=_("Begins with"), ordering="token_key")
    def begins(self, token: AuthToken) -> str:
        return f"{token.token_key}…"

    @admin.display(description=_("issued"), ordering="created")
    def issued(self, token: AuthToken) -> Any:
        return token.created

    @admin.display(description=_("ends"), ordering="expiry")
    def ends(self, token: AuthToken) -> Any:
        return token.expiry or _("never")


def _who_and_when(row: Any) -> str:
    moment = date_format(timezone.localtime(row.attempt_time), "SHORT_DATETIME_FORMAT")
    return f"{row.username}, {moment}"


# (What is set on a package's model after its class was made makes no migration.)
for _model in (AccessAttempt, AccessLog):
    _model.add_to_class("__str__", _who_and_when)  # else "Attempted Access: …"
AuthToken.add_to_class("__str__", lambda token: f"{token.token_key}…, {token.user}")
AuthToken._meta.verbose_name = _("API token")
AuthToken._meta.verbose_name_plural = _("API tokens")
AuthToken._meta.get_field("user").verbose_name = _("account")
AuthToken._meta.get_field("created").verbose_name = _("issued")
