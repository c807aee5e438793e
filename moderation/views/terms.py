"""The term lists: what is on them, adding with a look at what would change, removing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from modelops import serving
from modelops.words import grouped
from moderation.access import PageRequest, allowed_to
from moderation.errors import InputRefused, ReviewRefused
from moderation.errors_terms import TermRemoved
from moderation.filters_terms import TermFilter, TermState
from moderation.forms_terms import TermForm
from moderation.models import Category, Decision, Term
from moderation.paging import BadCursor, page_of
from moderation.selectors_terms import all_terms, preview_removal, preview_term, told_changes
from moderation.sentence import address, kept
from moderation.services import add_term, remove_term
from moderation.services.add_term import check_free, draft_term

PAGE_SIZE = 50
PAGE = "moderation:terms"


@allowed_to("manage_terms")
@require_http_methods(["GET", "HEAD", "POST"])
def terms(request: PageRequest) -> HttpResponse:
    """The lists, and the form: what was typed is tried first, and saved once it has been seen."""
    form = TermForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form}
    status = 200
    if request.method == "POST":
        term = _add(request, form, context) if form.is_valid() else None
        if term is not None:
            said = _("“%(term)s” is on the list. Every process knows it within a second.")
            messages.success(request, said % {"term": term.pattern})
            place = reverse(PAGE)
            return HttpResponseClientRedirect(place) if request.htmx else redirect(place)
        status = 422 if form.errors else 200
    if request.htmx and request.htmx.target == "add-term":
        return render(request, "moderation/parts/term_form.html", context, status=status)
    return render(request, "moderation/terms.html", context | _listed(request), status=status)


def _add(request: PageRequest, form: TermForm, context: dict[str, Any]) -> Term | None:
    """Save what was seen before; else put into `context` what it would change."""
    values = form.values()
    try:
        draft = draft_term(**values)
        seen = "|".join((draft.normalized, draft.match, draft.action, draft.language))
        if "save" in request.POST and form.cleaned_data["seen"] == seen:
            return add_term(**values, by=request.user)
        check_free(draft)
        context |= {"preview": shown_preview(preview_term(draft, reader=request.user))}
        context |= {"seen": seen, "draft": draft}
    except InputRefused as error:
        field = {"expires_at": "expires"}.get(error.field, error.field)
        form.add_error(field if field in form.fields else None, str(error))
    except (ReviewRefused, serving.ModelUnavailable) as error:
        form.add_error(None, str(error))
    return None


def shown_preview(preview: dict[str, Any]) -> dict[str, Any]:
    """The same with the decisions in words."""
    words = {code: str(name) for code, name in Decision.choices}
    changes = [
        {"before": words[before], "after": words[after], "count": count}
        for change, count in preview["by_change"].items()
        for before, after in [change.split("→")]
    ]
    examples = [
        example | {"before_words": words[example["before"]], "after_words": words[example["after"]]}
        for example in preview["examples"]
    ]
    return preview | {"changes": changes, "examples": examples}


def _listed(request: PageRequest) -> dict[str, Any]:
    query = kept(request.GET, TermFilter.base_filters)
    chosen = TermFilter(query, queryset=all_terms())
    valid = chosen.is_valid()
    rows = chosen.qs if valid else Term.objects.none()
    try:
        page = page_of(rows, cursor=request.GET.get("cursor"), size=PAGE_SIZE)
    except BadCursor as error:
        raise Http404 from error
    count = rows.order_by().count()
    state = query.get("state", TermState.STANDING)
    return {
        "tab": "terms",
        "page": page,
        "filter_errors": [error for told in chosen.form.errors.values() for error in told],
        "values": query,
        "filtered": bool(query),
        "counted": ngettext("%(count)s term", "%(count)s terms", count) % {"count": grouped(count)},
        "older": address(query, cursor=page.next) if page.next else "",
        "newer": address(query, cursor=page.previous) if page.previous else "",
        "actions": Term.Action.choices,
        "languages": [(code, name) for code, name in Term.Language.choices if code],
        "categories": Category.choices,
        "states": TermState.choices,
        "state": state,
    }


@allowed_to("manage_terms")
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: PageRequest, pk: int) -> HttpResponse:
    """Ask, then take a term off its list."""
    term = get_object_or_404(Term, pk=pk)
    if request.method == "POST":
        try:
            remove_term(term=term, by=request.user)
        except ReviewRefused as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("“%(term)s” was removed.") % {"term": term.pattern})
        return redirect(PAGE)
    if term.removed_at:
        messages.error(request, str(TermRemoved()))
        return redirect(PAGE)
    context = {
        "tab": "terms",
        "heading": _("Remove “%(term)s”?") % {"term": term.pattern},
        "consequences": _consequences(request, term),
        "button": _("Remove"),
        "back": reverse(PAGE),
    }
    return render(request, "moderation/team/ask.html", context)


def _consequences(request: PageRequest, term: Term) -> list[str]:
    said = [
        _("No process finds it any more after a second."),
        _("Analyses that are stored keep the decisions they have."),
        _("The entry stays in the list of removed ones, with who removed it and when."),
    ]
    try:
        preview = preview_removal(term, reader=request.user)
    except serving.ModelUnavailable:
        return said
    return [told_changes(preview), *said]
