"""Backups: make one now, restore, verify, pin, delete."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from modelops.forms import RestoreForm
from modelops.models import Backup, Door
from modelops.selectors_versions import listed_backups
from modelops.services.delete_backup import delete_backup
from modelops.services.pin import pin_backup
from modelops.services.restore_backup import restore_backup
from modelops.services.verify_backup import verify_backup

from .base import Inquiry, OperatorAdmin, button, kept, user_of
from .operations import backup_inquiry, live_name


@admin.register(Backup)
class BackupAdmin(OperatorAdmin):
    list_display = [
        "name",
        "version",
        "size",
        "verified",
        "pinned",
        "created_at",
        "created_by",
        "reason",
    ]
    list_filter = ["verified", "pinned"]
    search_fields = ["name", "version__version", "reason"]
    actions = ["restore", "verify", "pin", "unpin", "delete_selected"]
    buttons = ("back_up_now",)
    row_buttons = ("restore_this", "verify_this")
    fields = readonly_fields = (
        "name",
        "version",
        "size",
        "verified",
        "pinned",
        "created_at",
        "created_by",
        "reason",
        "manifest_digest",
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_operate_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Backup]:
        return listed_backups().order_by(*self.opts.ordering or ())

    @admin.display(description=gettext_lazy("size"), ordering="size_bytes")
    def size(self, backup: Backup) -> str:
        return filesizeformat(backup.size_bytes)

    @button(gettext_lazy("Back up now"), place="back-up")
    def back_up_now(self, request: HttpRequest) -> HttpResponse:
        return self.ask(request, backup_inquiry(self, request))

    @button(gettext_lazy("Restore"), place="restore")
    def restore_this(self, request: HttpRequest, backup: Backup) -> HttpResponse:
        return self.ask(request, self._restoring(request, backup))

    @button(gettext_lazy("Verify"), place="verify")
    def verify_this(self, request: HttpRequest, backup: Backup) -> HttpResponse:
        return self.ask(request, self._verifying(request, [backup]))

    @admin.action(description=gettext_lazy("Restore"), permissions=["operate"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        backup = self.one(request, queryset)
        return self.ask(request, self._restoring(request, backup)) if backup else None

    @admin.action(description=gettext_lazy("Verify"), permissions=["operate"])
    def verify(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self.ask(request, self._verifying(request, list(queryset)))

    @admin.action(description=gettext_lazy("Pin: keep them"), permissions=["operate"])
    def pin(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self.ask(request, self._pinning(request, list(queryset), pinned=True))

    @admin.action(description=gettext_lazy("Unpin"), permissions=["operate"])
    def unpin(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self.ask(request, self._pinning(request, list(queryset), pinned=False))

    # --- details -------------------------------------------------------------------------------

    def _restoring(self, request: HttpRequest, backup: Backup) -> Inquiry:
        names = {"backup": backup.name, "version": backup.version.version, "live": live_name()}

        def perform(data: dict[str, Any]) -> str:
            restore_backup(
                backup=backup,
                by=user_of(request),
                reason=data["reason"] or _("Restored in the administration"),
                door=Door.ADMIN,
                hold_back=data["hold_back"],
            )
            told = _("Version %(version)s is live again, from backup %(backup)s.") % names
            if data["hold_back"]:
                held = _("The labels that came after it are held back.")
                told = f"{told} {held}"
            self.log_change(request, backup, told)
            return told

        damaged = [_("This backup did not pass its last verification.")]
        return Inquiry(
            title=_("Restore backup %(backup)s") % names,
            consequences=[
                _("The backup is verified. If it is damaged, nothing changes."),
                _("Version %(version)s becomes live again; version %(live)s is live now.") % names,
                _("Version %(live)s is backed up first.") % names,
                _("All processes of the server change over within two seconds, without a break."),
            ],
            button=_("Restore"),
            perform=perform,
            rows=[backup],
            form=RestoreForm,
            warnings=[] if backup.verified else damaged,
        )

    def _verifying(self, request: HttpRequest, backups: Sequence[Backup]) -> Inquiry:
        damaged = []

        def do(backup: Backup) -> None:
            bad = verify_backup(backup=backup, by=user_of(request), door=Door.ADMIN)
            if bad:
                damaged.append(backup.name)
                told = _("Damaged: %(names)s") % {"names": ", ".join(bad)}
                self.message_user(request, f"{backup.name}: {told}", messages.ERROR)
            else:
                told = _("Verified: intact.")
            self.log_change(request, backup, told)

        def perform(data: dict[str, Any]) -> str:
            count = len(self.each(request, backups, do)) - len(damaged)
            told = ngettext("%(n)s backup is intact.", "%(n)s backups are intact.", count)
            return told % {"n": count} if count else ""

        return Inquiry(
            title=_("Verify backups"),
            consequences=[
                _("Every file is compared with its digest, and the model is loaded for a test."),
                _("A backup that turns out to be damaged is marked, and raises an alert."),
            ],
            button=_("Verify"),
            perform=perform,
            rows=backups,
        )

    def _pinning(self, request: HttpRequest, backups: Sequence[Backup], *, pinned: bool) -> Inquiry:
        def do(backup: Backup) -> None:
            pin_backup(backup=backup, pinned=pinned, by=user_of(request), door=Door.ADMIN)
            self.log_change(request, backup, _("Pinned.") if pinned else _("Unpinned."))

        def perform(data: dict[str, Any]) -> str:
            count = len(self.each(request, backups, do))
            if pinned:
                told = ngettext("%(n)s backup pinned.", "%(n)s backups pinned.", count)
            else:
                told = ngettext("%(n)s backup unpinned.", "%(n)s backups unpinned.", count)
            return told % {"n": count} if count else ""

        return Inquiry(
            title=_("Pin backups") if pinned else _("Unpin backups"),
            consequences=[
                _("They stay, however many backups come after them.")
                if pinned
                else _("They go like the others when there are too many.")
            ],
            button=_("Pin") if pinned else _("Unpin"),
            perform=perform,
            rows=backups,
        )

    def deletion(self, request: HttpRequest, rows: Sequence[Backup]) -> Inquiry:
        def do(backup: Backup) -> None:
            before = kept(backup)
            delete_backup(backup=backup, by=user_of(request), door=Door.ADMIN)
            self.note_deletion(request, before)

        def perform(data: dict[str, Any]) -> str:
            count = len(self.each(request, rows, do))
            told = ngettext("%(n)s backup deleted.", "%(n)s backups deleted.", count)
            return told % {"n": count} if count else ""

        return Inquiry(
            title=_("Delete backups"),
            consequences=[
                _("The files of these backups are deleted. That cannot be undone."),
                _("Pinned ones stay, and the only good one of the live version."),
            ],
            button=_("Delete"),
            perform=perform,
            rows=rows,
            dangerous=True,
        )
