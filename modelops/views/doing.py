"""How a button of the model page acts: it may ask first, calls one service, and tells how it went.

With htmx the question comes in the page's dialog and the answer is a toast, after which the parts
of the page fetch themselves anew. Without it, both are pages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import reswap, trigger_client_event

from modelops.access import PageRequest
from modelops.errors import OperationFailed

ASKING = ["GET", "HEAD", "POST"]  # methods of a button that asks first
CHANGED = "model-changed"  # the event that makes the page's parts fetch themselves anew


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before something is done. `consequences` say what will happen."""

    heading: str
    consequences: list[str]
    button: str
    danger: bool = False
    last: float | None = None  # seconds that it took last time
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Undo:
    url: str
    fields: dict[str, str]


def ask(request: PageRequest, question: Question, form: forms.Form | None = None) -> HttpResponse:
    """The question, in a dialog for htmx, else on a page of its own."""
    template = "parts/question.html" if request.htmx else "question.html"
    wrong = form is not None and form.is_bound and not form.is_valid()
    context = {"question": question, "form": form, "heading": "h2" if request.htmx else "h1"}
    return render(request, f"modelops/{template}", context, status=422 if wrong else 200)


def carry_out(
    request: PageRequest,
    action: Callable[[], str],
    *,
    place: str = "",
    undo: Undo | None = None,
    event: str = CHANGED,
) -> HttpResponse:
    """Do it and tell: `action` calls the service and returns what to say of a success.

    `place` is the part of the page to go back to without htmx; `event` makes more than the usual
    parts of the page fetch themselves anew. What the service refuses or fails
    at is told in its own words; then nothing has changed.
    """
    try:
        said, kind = action(), "success"
    except OperationFailed as error:
        said, kind, undo = str(error), "error", None
    if not request.htmx:
        (messages.success if kind == "success" else messages.error)(request, said)
        return HttpResponseRedirect(reverse("modelops:model") + (f"#{place}" if place else ""))
    context = {
        "text": said,
        "kind": kind,
        "undo_url": undo.url if undo else "",
        "undo_fields": undo.fields if undo else {},
    }
    status = 200 if kind == "success" else 422
    response = render(request, "modelops/parts/told.html", context, status=status)
    for name in {CHANGED, event}:
        trigger_client_event(response, name)
    return reswap(response, "none")  # whatever asked stays as it is


def reason_of(form: forms.Form) -> str:
    """What was typed as the reason, else where it was asked for."""
    return form.cleaned_data["reason"].strip() or _("Asked for on the model page")
