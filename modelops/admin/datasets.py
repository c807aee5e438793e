"""Imported datasets: take them out of training, back into it, or away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from modelops.models import Dataset, Door
from modelops.services.change_dataset import delete_dataset, set_dataset_active

from .base import Inquiry, OperatorAdmin, as_json, button, kept, user_of


@admin.register(Dataset)
class DatasetAdmin(OperatorAdmin):
    list_display = ["name", "rows", "toxic_rows", "split", "active", "licence", "created_at"]
    list_filter = ["split", "active"]
    search_fields = ["name", "source", "licence"]
    actions = ["activate", "deactivate", "delete_selected"]
    row_buttons = ("activate_this", "deactivate_this")
    fields = readonly_fields = (
        "name",
        "rows",
        "toxic_rows",
        "languages",
        "split",
        "active",
        "licence",
        "source",
        "imported_by",
        "created_at",
        "digest",
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_operate_permission(request)

    @admin.display(description=gettext_lazy("rows per language"))
    def languages(self, dataset: Dataset) -> SafeString:
        return as_json(dataset.language_counts)

    def offered(self, request: HttpRequest, row: Any) -> Iterable[str]:
        return ("deactivate_this",) if row.active else ("activate_this",)

    @button(gettext_lazy("Activate"), place="activate")
    def activate_this(self, request: HttpRequest, dataset: Dataset) -> HttpResponse:
        return self.ask(request, self._switching(request, [dataset], active=True))

    @button(gettext_lazy("Deactivate"), place="deactivate")
    def deactivate_this(self, request: HttpRequest, dataset: Dataset) -> HttpResponse:
        return self.ask(request, self._switching(request, [dataset], active=False))

    @admin.action(description=gettext_lazy("Activate"), permissions=["operate"])
    def activate(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self.ask(request, self._switching(request, list(queryset), active=True))

    @admin.action(description=gettext_lazy("Deactivate"), permissions=["operate"])
    def deactivate(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self.ask(request, self._switching(request, list(queryset), active=False))

    # --- details -------------------------------------------------------------------------------

    def _switching(
        self, request: HttpRequest, datasets: Sequence[Dataset], *, active: bool
    ) -> Inquiry:
        def do(dataset: Dataset) -> None:
            set_dataset_active(dataset=dataset, active=active, by=user_of(request), door=Door.ADMIN)
            self.log_change(request, dataset, _("Activated.") if active else _("Deactivated."))

        def perform(data: dict[str, Any]) -> str:
            count = len(self.each(request, datasets, do))
            if active:
                told = ngettext("%(n)s dataset activated.", "%(n)s datasets activated.", count)
            else:
                told = ngettext("%(n)s dataset deactivated.", "%(n)s datasets deactivated.", count)
            return told % {"n": count} if count else ""

        return Inquiry(
            title=_("Activate datasets") if active else _("Deactivate datasets"),
            consequences=[
                _("Their labels count again from the next training on.")
                if active
                else _("Their labels are left out from the next training on. The texts stay."),
                _("The live version does not change before."),
            ],
            button=_("Activate") if active else _("Deactivate"),
            perform=perform,
            rows=datasets,
        )

    def deletion(self, request: HttpRequest, rows: Sequence[Dataset]) -> Inquiry:
        def do(dataset: Dataset) -> None:
            before = kept(dataset)
            delete_dataset(dataset=dataset, by=user_of(request), door=Door.ADMIN)
            self.note_deletion(request, before)

        def perform(data: dict[str, Any]) -> str:
            count = len(self.each(request, rows, do))
            told = ngettext("%(n)s dataset deleted.", "%(n)s datasets deleted.", count)
            return told % {"n": count} if count else ""

        return Inquiry(
            title=_("Delete datasets"),
            consequences=[
                _("Their texts are deleted. That cannot be undone."),
                _("The next training learns without them; the live version does not change."),
            ],
            button=_("Delete"),
            perform=perform,
            rows=rows,
            dangerous=True,
        )
