"""Alerts, checks and the journal: read only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from modelops.alert_texts import alert_text
from modelops.models import Alert, ModelCheck, Operation

from .base import OperatorAdmin, as_json


class OpenFilter(admin.SimpleListFilter):
    title = gettext_lazy("open")
    parameter_name = "open"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        match self.value():
            case "yes":
                return queryset.filter(resolved_at=None)
            case "no":
                return queryset.exclude(resolved_at=None)
        return queryset


@admin.register(Alert)
class AlertAdmin(OperatorAdmin):
    list_display = ["kind", "text", "raised_at", "seen_at", "resolved_at"]
    list_filter = [OpenFilter, "kind"]
    fields = readonly_fields = (
        "kind",
        "text",
        "raised_at",
        "seen_at",
        "resolved_at",
        "mailed_at",
    )

    @admin.display(description=gettext_lazy("what happened"))
    def text(self, alert: Alert) -> str:
        return alert_text(alert)


@admin.register(ModelCheck)
class ModelCheckAdmin(OperatorAdmin):
    list_display = ["created_at", "version"]
    list_select_related = ["version"]
    fields = readonly_fields = ("created_at", "version", "figures_shown")

    @admin.display(description=gettext_lazy("figures"))
    def figures_shown(self, check: ModelCheck) -> SafeString:
        return as_json(check.figures)


@admin.register(Operation)
class OperationAdmin(OperatorAdmin):
    list_display = ["created_at", "kind", "target", "by", "door", "reason", "seconds"]
    list_filter = ["kind", "door"]
    list_select_related = ["by"]
    search_fields = ["target", "reason"]
    fields = readonly_fields = (
        "created_at",
        "kind",
        "target",
        "by",
        "door",
        "reason",
        "before_shown",
        "after_shown",
        "seconds",
    )

    @admin.display(description=gettext_lazy("before"))
    def before_shown(self, operation: Operation) -> SafeString:
        return as_json(operation.before)

    @admin.display(description=gettext_lazy("after"))
    def after_shown(self, operation: Operation) -> SafeString:
        return as_json(operation.after)
