"""The policy: what the team has agreed upon, its versions, and editing it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from moderation import policy as policies
from moderation.access import PageRequest, allowed_to
from moderation.errors_terms import PolicyChanged, PolicyInvalid, PolicyUnchanged
from moderation.forms_terms import LABEL_NAMES, LANGUAGE_NAMES, PolicyForm
from moderation.models import Category, PolicyVersion, ReviewDecision
from moderation.policy import LANGUAGES, current_policy
from moderation.services import edit_policy

SHOWN = 50  # versions in the list


@allowed_to("review_analysis", "manage_policy")
@require_GET
def policy(request: PageRequest, number: int | None = None) -> HttpResponse:
    """The version that is in force, or an earlier one."""
    newest = current_policy()
    shown = newest if number is None else get_object_or_404(PolicyVersion, number=number)
    versions = PolicyVersion.objects.select_related("by").order_by("-number")[:SHOWN]
    context = {
        "tab": "policy",
        "policy": shown,
        "in_force": shown.number == newest.number,
        "categories": _categories(shown),
        "approve_label": LABEL_NAMES[shown.content["approve_label"]],
        "weights": [
            (name, shown.content["weights"][mode]) for mode, name in ReviewDecision.Mode.choices
        ],
        "versions": versions,
        "may_edit": request.user.has_perm("moderation.manage_policy"),
        # others come from the queue, and go back there
        "of_the_team": any(
            request.user.has_perm(f"moderation.manage_{what}")
            for what in ("policy", "team", "terms")
        ),
    }
    return render(request, "moderation/policy.html", context)


def _categories(shown: PolicyVersion) -> list[dict[str, Any]]:
    found = []
    for code, name in Category.choices:
        said = shown.content["categories"].get(code, {})
        texts = said.get("texts", {})
        found.append(
            {
                "code": code,
                "name": name,
                "text": policies.text_of(code, policy=shown),
                "missing": [LANGUAGE_NAMES[one] for one in LANGUAGES if not texts.get(one)],
                "reason_required": policies.reason_required(code, policy=shown),
                "label": LABEL_NAMES[said.get("label", "none")],
            }
        )
    return found


@allowed_to("manage_policy")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PageRequest) -> HttpResponse:
    """The form of the newest version; saving it makes the next one."""
    newest = current_policy()
    typed = request.POST.copy()
    form = PolicyForm(typed if request.method == "POST" else None, policy=newest)
    status = 200
    if request.method == "POST":
        if form.is_valid() and (saved := _save(request, form, typed)):
            said = _("Version %(number)s of the policy is in force.") % {"number": saved.number}
            messages.success(request, said)
            return redirect("moderation:policy")
        status = 422
    context = {"tab": "policy", "form": form, "newest": newest}
    return render(request, "moderation/policy_edit.html", context, status=status)


def _save(request: PageRequest, form: PolicyForm, typed: QueryDict) -> PolicyVersion | None:
    data = form.cleaned_data
    try:
        return edit_policy(
            content=form.content(), reason=data["reason"], base=data["base"], by=request.user
        )
    except PolicyChanged as error:
        form.add_error(None, str(error))
        # what was typed stays; saving again is then a decision about the newest version
        typed["base"] = str(error.newest.number)
    except (PolicyInvalid, PolicyUnchanged) as error:
        form.add_error(None, str(error))
    return None
