"""Labels that are held back from training, and releasing them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from modelops.models import Door, LabelHold
from modelops.services.label_holds import release_labels

from .base import Inquiry, OperatorAdmin, button, user_of


@admin.register(LabelHold)
class LabelHoldAdmin(OperatorAdmin):
    list_display = ["after", "until", "reason", "by", "created_at", "released_at", "released_by"]
    list_select_related = ["by", "released_by"]
    actions = ["release"]
    row_buttons = ("release_this",)
    fields = readonly_fields = (
        "after",
        "until",
        "reason",
        "by",
        "created_at",
        "released_at",
        "released_by",
    )

    def offered(self, request: HttpRequest, row: Any) -> Iterable[str]:
        return self.row_buttons if row.released_at is None else ()

    @button(gettext_lazy("Release"), place="release")
    def release_this(self, request: HttpRequest, hold: LabelHold) -> HttpResponse:
        return self.ask(request, self._releasing(request, [hold]))

    @admin.action(description=gettext_lazy("Release"), permissions=["operate"])
    def release(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self.ask(request, self._releasing(request, list(queryset)))

    def _releasing(self, request: HttpRequest, holds: Sequence[LabelHold]) -> Inquiry:
        def perform(data: dict[str, Any]) -> str:
            count = 0
            for hold in holds:
                if release_labels(hold=hold, by=user_of(request), door=Door.ADMIN):
                    self.log_change(request, hold, _("Released."))
                    count += 1
            told = ngettext("%(n)s hold released.", "%(n)s holds released.", count)
            return told % {"n": count}

        return Inquiry(
            title=_("Release labels"),
            consequences=[_("The next training learns these labels, too. Nothing changes before.")],
            button=_("Release"),
            perform=perform,
            rows=holds,
        )
