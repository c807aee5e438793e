"""Webhooks of the integrations: add, try, change the secret, send again, remove."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from modelops.selectors_runs import worker_alive
from moderation.access import PageRequest, allowed_to
from moderation.errors import InputRefused, ReviewRefused
from moderation.forms_team import WebhookForm
from moderation.models import Webhook
from moderation.selectors_webhooks import (
    deliveries_of,
    possible_owners,
    shown_webhooks,
)
from moderation.services.keep_webhooks import (
    add_webhook,
    remove_webhook,
    rotate_secret,
    send_again,
    try_webhook,
)
from moderation.views.team_answers import done, refused
from moderation.webhook_texts import problem_text

PLACE = "moderation:webhooks"


@allowed_to("manage_team")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: PageRequest) -> HttpResponse:
    """The list, and the form that adds one, whose secret is in the answer and nowhere else."""
    owners = possible_owners()
    form = WebhookForm(request.POST if request.method == "POST" else None, owners=owners)
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        try:
            added = add_webhook(by=request.user, **form.cleaned_data)
        except InputRefused as error:
            form.add_error(error.field, str(error))
        except ReviewRefused as error:
            return refused(request, error, reverse(PLACE))
        else:
            context |= {
                "added": added,
                "secret": added.secret,
                "form": WebhookForm(owners=owners),
            }
    failed = context["form"].is_bound and bool(context["form"].errors)
    return _page(request, context, status=422 if failed else 200)


def _page(request: PageRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    context |= {
        "tab": "webhooks",
        "webhooks": shown_webhooks(),
        "worker_alive": worker_alive(),
    }
    return render(request, "moderation/team/webhooks.html", context, status=status)


@allowed_to("manage_team")
@require_GET
def webhook(request: PageRequest, pk: int) -> HttpResponse:
    """What became of the newest messages."""
    found = get_object_or_404(Webhook.objects.select_related("owner", "by"), pk=pk)
    context = {
        "tab": "webhooks",
        "webhook": found,
        "deliveries": deliveries_of(found),
        "worker_alive": worker_alive(),
    }
    return render(request, "moderation/team/webhook.html", context)


@allowed_to("manage_team")
@require_POST
def test(request: PageRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Webhook, pk=pk)
    page = reverse("moderation:webhook", args=[pk])
    try:
        answer = try_webhook(webhook=found, by=request.user)
    except ReviewRefused as error:
        return refused(request, error, page)
    if answer.problem:
        messages.error(request, problem_text(answer.problem, answer.status))
    else:
        said = _("The test message was taken, with status %(status)s.")
        messages.success(request, said % {"status": answer.status})
    return redirect(page)


@allowed_to("manage_team")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rotate(request: PageRequest, pk: int) -> HttpResponse:
    """Ask, then make a new secret; it is in the answer and nowhere else."""
    found = get_object_or_404(Webhook, pk=pk)
    page = reverse("moderation:webhook", args=[pk])
    if request.method != "POST":
        question = {
            "heading": _("Make a new secret?"),
            "consequences": [
                _("The next message is signed with the new secret already."),
                _("Until the receiver knows it, the receiver will refuse messages."),
                _("What was refused is sent again later, for up to three days."),
            ],
            "button": _("Make a new secret"),
            "back": page,
        }
        return render(request, "moderation/team/ask.html", {"tab": "webhooks", **question})
    try:
        secret = rotate_secret(webhook=found, by=request.user)
    except ReviewRefused as error:
        return refused(request, error, page)
    return _page(
        request, {"form": WebhookForm(owners=possible_owners()), "added": found, "secret": secret}
    )


@allowed_to("manage_team")
@require_POST
def again(request: PageRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(Webhook, pk=pk)
    page = reverse("moderation:webhook", args=[pk])
    try:
        count = send_again(webhook=found, by=request.user)
    except ReviewRefused as error:
        return refused(request, error, page)
    said = ngettext("%(count)s message is sent again.", "%(count)s messages are sent again.", count)
    messages.success(request, said % {"count": count})
    return redirect(page)


@allowed_to("manage_team")
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: PageRequest, pk: int) -> HttpResponse:
    """Ask, then remove."""
    found = get_object_or_404(Webhook.objects.select_related("owner"), pk=pk)
    page = reverse("moderation:webhook", args=[pk])
    if request.method == "POST":
        return done(
            request,
            lambda: remove_webhook(webhook=found, by=request.user),
            _("Webhook removed."),
            reverse(PLACE),
        )
    question = {
        "heading": _("Remove this webhook?"),
        "consequences": [
            _("%(address)s is told nothing more of decisions about analyses of %(name)s.")
            % {"address": found.url, "name": found.owner.get_username()},
            _("Messages that still wait are given up, and the secret is gone for good."),
        ],
        "button": _("Remove"),
        "back": page,
    }
    return render(request, "moderation/team/ask.html", {"tab": "webhooks", **question})
