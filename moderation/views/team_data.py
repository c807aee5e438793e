"""What the site keeps of people: exports, how long texts stay, erasing on an author's request."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from modelops.words import grouped
from moderation.access import PageRequest, allowed_to
from moderation.export_tables import NAMES, TABLES, table_response
from moderation.forms_team import AuthorForm, EraseAuthorForm
from moderation.selectors_team import preview_of_author
from moderation.services.erase_author import erase_author


@allowed_to("export", "erase")
@require_GET
def data(request: PageRequest) -> HttpResponse:
    return render(request, "moderation/team/data.html", _context(request, AuthorForm()))


def _context(request: PageRequest, form: AuthorForm) -> dict[str, object]:
    user = request.user
    tables = [{"name": "analyses", "label": _("analyses")}] + [
        {"name": name, "label": table.label} for name, table in TABLES.items()
    ]
    return {
        "tab": "data",
        "tables": tables if user.has_perm("moderation.export") else [],
        "may_erase": user.has_perm("moderation.erase"),
        "days": settings.RETENTION_DAYS,
        "form": form,
    }


@allowed_to("export")
@require_GET
def export(request: PageRequest, name: str) -> HttpResponseBase:
    """All rows of one kind, as CSV."""
    if name not in NAMES:
        raise Http404
    return table_response(name)


@allowed_to("erase")
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: PageRequest) -> HttpResponse:
    """Find an author's texts, show how many there are, and erase them once that was typed.

    What arrives between the question and the answer is left alone: the newest number that was
    counted comes back with the form.
    """
    asked = AuthorForm(request.GET)
    if not asked.is_valid():
        context = _context(request, asked)
        return render(request, "moderation/team/data.html", context, status=422)
    who = asked.cleaned_data
    newest = request.POST.get("newest", "")
    up_to = min(int(newest), 2**63 - 1) if newest.isascii() and newest.isdecimal() else None
    preview = preview_of_author(author=who["author"], source=who["source"], up_to=up_to)
    form = EraseAuthorForm(
        request.POST if request.method == "POST" else None,
        count=preview.total,
        initial={"newest": preview.newest},
    )
    if request.method == "POST" and preview.total and form.is_valid():
        erased = erase_author(
            author=who["author"],
            source=who["source"],
            by=request.user,
            reason=form.cleaned_data["reason"],
            up_to=up_to,
        )
        words = ngettext("%(count)s analysis erased.", "%(count)s analyses erased.", erased)
        messages.success(request, words % {"count": grouped(erased)})
        return redirect("moderation:team_data")
    context = {"tab": "data", "who": who, "preview": preview, "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "moderation/team/erase_author.html", context, status=status)
