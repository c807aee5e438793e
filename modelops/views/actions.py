"""The model page's other buttons. Each calls one service, through the door of the page."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from modelops.access import PageRequest, operators_only
from modelops.errors import AlreadyLive, OperationFailed
from modelops.forms import PromoteForm, RestoreForm
from modelops.models import (
    Backup,
    Dataset,
    Door,
    LabelHold,
    LivePointer,
    ModelVersion,
    Operation,
)
from modelops.selectors_versions import live_is_damaged
from modelops.services.change_dataset import set_dataset_active
from modelops.services.create_backup import create_backup
from modelops.services.delete_backup import delete_backup
from modelops.services.export_version import export_version
from modelops.services.label_holds import release_labels
from modelops.services.pin import pin_backup, pin_version
from modelops.services.promote_version import promote_version
from modelops.services.reload_model import reload_model
from modelops.services.restore_backup import restore_backup
from modelops.services.verify_backup import verify_backup
from modelops.views.doing import ASKING, Question, Undo, ask, carry_out, reason_of
from modelops.views.sections import last_operation_seconds
from modelops.words import grouped


@operators_only
@require_POST
def back_up(request: PageRequest) -> HttpResponse:
    def action() -> str:
        backup = create_backup(
            by=request.user, reason=_("Asked for on the model page"), door=Door.PAGE
        )
        return _("Backup made and checked: %(name)s.") % {"name": backup.name}

    return carry_out(request, action, place="backups")


@operators_only
@require_POST
def reload(request: PageRequest) -> HttpResponse:
    def action() -> str:
        done = reload_model(by=request.user, door=Door.PAGE)
        converged = sum(worker["converged"] for worker in done.workers)
        words = ngettext(
            "Version %(version)s reloaded: %(converged)s of %(total)s process serves it.",
            "Version %(version)s reloaded: %(converged)s of %(total)s processes serve it.",
            len(done.workers),
        ) % {"version": done.version, "converged": converged, "total": len(done.workers)}
        if done.repaired:
            repaired = _("Repaired: %(names)s.") % {"names": ", ".join(done.repaired)}
            words = f"{words} {repaired}"
        return words

    return carry_out(request, action)


@operators_only
@require_http_methods(ASKING)
def promote(request: PageRequest, number: str) -> HttpResponse:
    """Put a version into use: one that waits, or one from before (roll back)."""
    version = get_object_or_404(ModelVersion, version=number)
    asked = request.POST if request.method == "POST" else None
    form = PromoteForm(asked, live_damaged=live_is_damaged())

    def action() -> str:
        promote_version(
            version=version,
            by=request.user,
            reason=reason_of(form),
            door=Door.PAGE,
            backup=not form.cleaned_data.get("force"),
        )
        return _("Version %(version)s is live.") % {"version": version.version}

    if form.is_valid():
        return carry_out(request, action, place="timeline")
    names = {"version": version.version, "live": _live_name()}
    warnings = []
    if version.version == names["live"]:
        warnings.append(str(AlreadyLive(version.version)))
    if isinstance(version.gate, dict) and version.gate.get("passed") is False:
        warnings.append(_("The gate refused this version. Here nobody asks it again."))
    if version.origin == ModelVersion.Origin.SIMULATED:
        warnings.append(_("This version learned from made-up comments: it is not for real use."))
    return ask(
        request,
        Question(
            heading=_("Put version %(version)s into use?") % names,
            consequences=[
                _("Version %(live)s is backed up first.") % names,
                _("Every process serves %(version)s within two seconds, without a gap.") % names,
                _("Analyses that are stored keep the scores they have."),
            ],
            button=_("Put into use"),
            danger=True,
            last=last_operation_seconds(Operation.Kind.PROMOTE),
            warnings=warnings,
        ),
        form,
    )


@operators_only
@require_POST
def pin_a_version(request: PageRequest, number: str) -> HttpResponse:
    version = get_object_or_404(ModelVersion, version=number)
    pinned = request.POST.get("pinned") == "true"

    def action() -> str:
        pin_version(version=version, pinned=pinned, by=request.user, door=Door.PAGE)
        words = _("Version %(version)s keeps its files.")
        if not pinned:
            words = _("Version %(version)s may lose its files when newer ones come.")
        return words % {"version": version.version}

    url = reverse("modelops:pin_version", args=[number])
    return carry_out(request, action, place="timeline", undo=_undo(url, pinned=not pinned))


@operators_only
@require_POST
def export(request: PageRequest, number: str) -> HttpResponseBase:
    """The version's files as a zip archive."""
    version = get_object_or_404(ModelVersion, version=number)
    try:
        archive = export_version(version=version, by=request.user, door=Door.PAGE)
    except OperationFailed as error:
        messages.error(request, str(error))
        return redirect("modelops:version", number)
    return FileResponse(archive, as_attachment=True, filename=f"toxiguard-{number}.zip")


@operators_only
@require_http_methods(ASKING)
def restore(request: PageRequest, name: str) -> HttpResponse:
    backup = get_object_or_404(Backup.objects.select_related("version"), name=name)
    form = RestoreForm(request.POST if request.method == "POST" else None)

    def action() -> str:
        restore_backup(
            backup=backup,
            by=request.user,
            reason=reason_of(form),
            door=Door.PAGE,
            hold_back=form.cleaned_data["hold_back"],
        )
        return _("Version %(version)s is live again, from backup %(name)s.") % {
            "version": backup.version.version,
            "name": backup.name,
        }

    if form.is_valid():
        return carry_out(request, action, place="backups")
    names = {"version": backup.version.version, "live": _live_name(), "name": backup.name}
    consequences = [
        _("The backup is checked. If a file of it is damaged, nothing happens."),
        _("Version %(live)s is backed up first.") % names,
        _("Every process serves %(version)s within two seconds, without a gap.") % names,
        _("No label and no analysis is deleted."),
    ]
    return ask(
        request,
        Question(
            heading=_("Restore version %(version)s from %(name)s?") % names,
            consequences=consequences,
            button=_("Restore"),
            danger=True,
            last=last_operation_seconds(Operation.Kind.RESTORE),
        ),
        form,
    )


@operators_only
@require_POST
def verify(request: PageRequest, name: str) -> HttpResponse:
    backup = get_object_or_404(Backup, name=name)

    def action() -> str:
        damaged = verify_backup(backup=backup, by=request.user, door=Door.PAGE)
        if damaged:
            names = {"name": name, "files": ", ".join(damaged)}
            raise OperationFailed(_("Backup %(name)s is damaged: %(files)s.") % names)
        return _("Backup %(name)s is good.") % {"name": name}

    return carry_out(request, action, place="backups")


@operators_only
@require_POST
def pin(request: PageRequest, name: str) -> HttpResponse:
    backup = get_object_or_404(Backup, name=name)
    pinned = request.POST.get("pinned") == "true"

    def action() -> str:
        pin_backup(backup=backup, pinned=pinned, by=request.user, door=Door.PAGE)
        words = _("Backup %(name)s stays until it is released.")
        if not pinned:
            words = _("Backup %(name)s goes when newer ones push it out.")
        return words % {"name": name}

    url = reverse("modelops:pin", args=[name])
    return carry_out(request, action, place="backups", undo=_undo(url, pinned=not pinned))


@operators_only
@require_http_methods(ASKING)
def delete(request: PageRequest, name: str) -> HttpResponse:
    backup = get_object_or_404(Backup.objects.select_related("version"), name=name)

    def action() -> str:
        delete_backup(backup=backup, by=request.user, door=Door.PAGE)
        return _("Backup %(name)s deleted.") % {"name": name}

    if request.method == "POST":
        return carry_out(request, action, place="backups")
    return ask(
        request,
        Question(
            heading=_("Delete backup %(name)s?") % {"name": name},
            consequences=[
                _("Its copy of version %(version)s is gone for good.")
                % {"version": backup.version.version},
                _("The live version and the other backups are not touched."),
            ],
            button=_("Delete"),
            danger=True,
        ),
    )


@operators_only
@require_http_methods(ASKING)
def switch_dataset(request: PageRequest, pk: int) -> HttpResponse:
    """Let a dataset take part in training again, or ask and then leave it out."""
    dataset = get_object_or_404(Dataset, pk=pk)
    active = request.POST.get("active") == "true"

    def action() -> str:
        set_dataset_active(dataset=dataset, active=active, by=request.user, door=Door.PAGE)
        words = _("“%(name)s” takes part in training again.")
        if not active:
            words = _("“%(name)s” is left out of the next training.")
        return words % {"name": dataset.name}

    if request.method == "POST":
        url = reverse("modelops:switch_dataset", args=[pk])
        undo = Undo(url, {"active": "false" if active else "true"})
        return carry_out(request, action, place="datasets", undo=undo)
    return ask(
        request,
        Question(
            heading=_("Leave out “%(name)s”?") % {"name": dataset.name},
            consequences=[
                _(
                    "Its %(rows)s texts are not read at the next training, so the next version "
                    "forgets what it learned from them."
                )
                % {"rows": grouped(dataset.rows)},
                _("The live version stays as it is, and the file is kept."),
            ],
            button=_("Leave out"),
        ),
    )


@operators_only
@require_POST
def release(request: PageRequest, pk: int) -> HttpResponse:
    hold = get_object_or_404(LabelHold, pk=pk)

    def action() -> str:
        release_labels(hold=hold, by=request.user, door=Door.PAGE)
        return _("The labels take part in the next training.")

    return carry_out(request, action, place="holds")


def _undo(url: str, *, pinned: bool) -> Undo:
    return Undo(url, {"pinned": "true" if pinned else "false"})


def _live_name() -> str:
    pointer = LivePointer.current()
    return pointer.version.version if pointer else "—"
