"""Versions: back up, reload, promote, compare, export; and the trainings that make new ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from modelops.comparison import comparison
from modelops.errors import AlreadyLive, OperationFailed
from modelops.forms import PromoteForm
from modelops.gate_texts import verdict_text
from modelops.models import Door, LivePointer, ModelVersion, TrainingRun
from modelops.selectors_versions import listed_versions, live_is_damaged
from modelops.services.delete_version import delete_version
from modelops.services.export_version import export_version
from modelops.services.pin import pin_version
from modelops.services.promote_version import promote_version

from .base import Inquiry, OperatorAdmin, as_json, button, user_of
from .operations import backup_inquiry, reload_inquiry, training_inquiry

State = ModelVersion.State
MOST_COMPARED = 4


@admin.register(ModelVersion)
class ModelVersionAdmin(OperatorAdmin):
    list_display = [
        "version",
        "live",
        "state",
        "origin",
        "created_at",
        "verdict",
        "pinned",
        "created_by",
    ]
    list_filter = ["state", "origin", "pinned", "forced"]
    search_fields = ["version", "digest"]
    actions = [
        "back_up",
        "reload",
        "promote",
        "compare",
        "export",
        "pin",
        "unpin",
        "delete_selected",
    ]
    buttons = ("back_up_now", "reload_now", "retrain_full", "retrain_quick", "update")
    row_buttons = ("promote_this", "compare_this", "export_this")
    readonly_fields = (
        "pinned",
        "forced",
        "labels_until",
        "digest",
        "folder",
        "manifest_digest",
        "gate_figures",
        "metadata_shown",
    )
    fieldsets = [
        (None, {"fields": ["pinned", "forced", "labels_until"]}),
        (
            gettext_lazy("Details"),
            {
                "fields": [
                    "digest",
                    "folder",
                    "manifest_digest",
                    "gate_figures",
                    "metadata_shown",
                ],
                "classes": ["collapse"],
            },
        ),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_operate_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        return listed_versions().order_by(*self.opts.ordering or ())

    # --- what is shown -------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("live"), boolean=True)
    def live(self, version: ModelVersion) -> bool:
        return bool(getattr(version, "is_live", False))

    @admin.display(description=gettext_lazy("gate"))
    def verdict(self, version: ModelVersion) -> str:
        if version.forced:
            return _("left out (--force)")
        return verdict_text(version.gate)

    @admin.display(description=gettext_lazy("figures of the gate"))
    def gate_figures(self, version: ModelVersion) -> SafeString | str:
        return as_json(version.gate) if version.gate else ""

    @admin.display(description=gettext_lazy("metadata"))
    def metadata_shown(self, version: ModelVersion) -> SafeString:
        return as_json(version.metadata)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        version = self.get_object(request, unquote(object_id))
        context = {
            "versions": [version] if version else [],
            "sections": comparison([version]) if version else [],
        }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    # --- buttons of the list -------------------------------------------------------------------

    @button(gettext_lazy("Back up now"), place="back-up")
    def back_up_now(self, request: HttpRequest) -> HttpResponse:
        return self.ask(request, backup_inquiry(self, request))

    @button(gettext_lazy("Reload"), place="reload")
    def reload_now(self, request: HttpRequest) -> HttpResponse:
        return self.ask(request, reload_inquiry(self, request))

    @button(gettext_lazy("Retrain full"), place="retrain-full")
    def retrain_full(self, request: HttpRequest) -> HttpResponse:
        return self.ask(request, training_inquiry(self, request, TrainingRun.Kind.FULL))

    @button(gettext_lazy("Retrain quick"), place="retrain-quick")
    def retrain_quick(self, request: HttpRequest) -> HttpResponse:
        return self.ask(request, training_inquiry(self, request, TrainingRun.Kind.QUICK))

    @button(gettext_lazy("Update"), place="update")
    def update(self, request: HttpRequest) -> HttpResponse:
        return self.ask(request, training_inquiry(self, request, TrainingRun.Kind.INCREMENTAL))

    # --- buttons of a version ------------------------------------------------------------------

    def offered(self, request: HttpRequest, row: Any) -> Iterable[str]:
        if row.state == State.REMOVED:
            return ("compare_this",)
        if self.live(row):
            return ("export_this",)
        return self.row_buttons

    @button(gettext_lazy("Promote"), place="promote")
    def promote_this(self, request: HttpRequest, version: ModelVersion) -> HttpResponse:
        return self.ask(request, self._promotion(request, version))

    @button(gettext_lazy("Compare with the live version"), place="compare")
    def compare_this(self, request: HttpRequest, version: ModelVersion) -> HttpResponse:
        return self._compared(request, [version])

    @button(gettext_lazy("Export"), place="export")
    def export_this(self, request: HttpRequest, version: ModelVersion) -> Any:
        return self._exported(request, version) or self.back()

    # --- actions -------------------------------------------------------------------------------

    @admin.action(description=gettext_lazy("Back up"), permissions=["operate"])
    def back_up(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        if not self._only_live(request, queryset):
            return None
        return self.ask(request, backup_inquiry(self, request, rows=list(queryset)))

    @admin.action(description=gettext_lazy("Reload"), permissions=["operate"])
    def reload(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        if not self._only_live(request, queryset):
            return None
        return self.ask(request, reload_inquiry(self, request, rows=list(queryset)))

    @admin.action(description=gettext_lazy("Promote"), permissions=["operate"])
    def promote(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        version = self.one(request, queryset)
        return self.ask(request, self._promotion(request, version)) if version else None

    @admin.action(description=gettext_lazy("Compare"), permissions=["operate"])
    def compare(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self._compared(request, list(queryset[: MOST_COMPARED + 1]))

    @admin.action(description=gettext_lazy("Export as a zip file"), permissions=["operate"])
    def export(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        version = self.one(request, queryset)
        return self._exported(request, version) if version else None

    @admin.action(description=gettext_lazy("Pin: keep the files"), permissions=["operate"])
    def pin(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self.ask(request, self._pinning(request, list(queryset), pinned=True))

    @admin.action(description=gettext_lazy("Unpin"), permissions=["operate"])
    def unpin(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self.ask(request, self._pinning(request, list(queryset), pinned=False))

    # --- details -------------------------------------------------------------------------------

    def _only_live(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> bool:
        rows = list(queryset[:2])
        if len(rows) == 1 and self.live(rows[0]):
            return True
        told = _(
            "This works on the live version only: select it alone. Other versions keep their own "
            "files; to serve one of them, promote it."
        )
        self.message_user(request, told, messages.WARNING)
        return False

    def _promotion(self, request: HttpRequest, version: ModelVersion) -> Inquiry:
        pointer = LivePointer.current()
        names = {"version": version.version, "live": pointer.version.version if pointer else "—"}
        consequences = [
            _("Version %(version)s becomes live; version %(live)s is live now.") % names,
            _("Version %(live)s is backed up first. If that fails, nothing changes.") % names,
            _("All processes of the server change over within two seconds, without a break."),
            _("The gate is not asked: it judges what was just trained."),
        ]

        def perform(data: dict[str, Any]) -> str:
            promote_version(
                version=version,
                by=user_of(request),
                reason=data["reason"] or _("Promoted in the administration"),
                door=Door.ADMIN,
                backup=not data.get("force"),
            )
            told = _("Version %(version)s is live.") % names
            self.log_change(request, version, told)
            return told

        return Inquiry(
            title=_("Promote version %(version)s") % names,
            consequences=consequences,
            button=_("Promote"),
            perform=perform,
            rows=[version],
            form=partial(PromoteForm, live_damaged=live_is_damaged()),
            warnings=self._warnings(version),
        )

    def _warnings(self, version: ModelVersion) -> list[str]:
        if self.live(version):
            return [str(AlreadyLive(version.version))]
        if version.state == State.DAMAGED:
            return [_("The files of this version are damaged; it will not load.")]
        if version.state == State.REMOVED:
            return [_("The files of this version were deleted; only its row is left.")]
        if version.origin == ModelVersion.Origin.SIMULATED:
            return [_("This version learned from made-up comments. It is meant for trying out.")]
        if version.gate and not version.gate.get("passed", True):
            return [verdict_text(version.gate)]
        return []

    def _compared(self, request: HttpRequest, versions: Sequence[ModelVersion]) -> HttpResponse:
        chosen = list(versions)
        if len(chosen) == 1:
            pointer = LivePointer.current()
            others = listed_versions().exclude(pk=chosen[0].pk)
            live = others.filter(pk=pointer.version.pk).first() if pointer else None
            chosen = [live, *chosen] if live else []
        if not 2 <= len(chosen) <= MOST_COMPARED:
            told = _("Select two to %(most)s versions, or one to compare with the live one.")
            self.message_user(request, told % {"most": MOST_COMPARED}, messages.WARNING)
            return self.back()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Compare versions"),
            "opts": self.opts,
            "media": self.media,
            "list_address": self.list_address(),
            "versions": chosen,
            "sections": comparison(chosen),
        }
        return TemplateResponse(request, "admin/modelops/modelversion/compare.html", context)

    def _exported(self, request: HttpRequest, version: ModelVersion) -> FileResponse | None:
        try:
            stream = export_version(version=version, by=user_of(request), door=Door.ADMIN)
        except OperationFailed as error:
            self.message_user(request, str(error), messages.ERROR)
            return None
        self.log_change(request, version, _("Exported as a zip file."))
        name = f"toxiguard-{version.version}.zip"
        return FileResponse(stream, as_attachment=True, filename=name)

    def _pinning(
        self, request: HttpRequest, versions: Sequence[ModelVersion], *, pinned: bool
    ) -> Inquiry:
        def do(version: ModelVersion) -> None:
            pin_version(version=version, pinned=pinned, by=user_of(request), door=Door.ADMIN)
            self.log_change(request, version, _("Pinned.") if pinned else _("Unpinned."))

        def perform(data: dict[str, Any]) -> str:
            count = len(self.each(request, versions, do))
            if pinned:
                told = ngettext("%(n)s version pinned.", "%(n)s versions pinned.", count)
            else:
                told = ngettext("%(n)s version unpinned.", "%(n)s versions unpinned.", count)
            return told % {"n": count} if count else ""

        return Inquiry(
            title=_("Pin versions") if pinned else _("Unpin versions"),
            consequences=[
                _("Their files stay, however many versions come after them.")
                if pinned
                else _("Their files may go when many newer versions have come. The rows stay.")
            ],
            button=_("Pin") if pinned else _("Unpin"),
            perform=perform,
            rows=versions,
        )

    def deletion(self, request: HttpRequest, rows: Sequence[ModelVersion]) -> Inquiry:
        def do(version: ModelVersion) -> None:
            delete_version(version=version, by=user_of(request), door=Door.ADMIN)
            self.note_deletion(request, version)

        def perform(data: dict[str, Any]) -> str:
            count = len(self.each(request, rows, do))
            told = ngettext(
                "Files of %(n)s version deleted.", "Files of %(n)s versions deleted.", count
            )
            return told % {"n": count} if count else ""

        return Inquiry(
            title=_("Delete versions"),
            consequences=[
                _("The files of these versions are deleted. That cannot be undone."),
                _("Their rows stay, with metrics and history; so do their backups."),
                _("The live version, and what living versions build on, is not deleted."),
            ],
            button=_("Delete the files"),
            perform=perform,
            rows=rows,
            dangerous=True,
            warnings=[
                _("Version %(version)s is live and will not be deleted.")
                % {"version": version.version}
                for version in rows
                if self.live(version)
            ],
        )
