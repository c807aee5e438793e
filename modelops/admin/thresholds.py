"""Thresholds and base rate of the site: what they were, and changing them after a preview."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from modelops import serving
from modelops.errors import OperationFailed
from modelops.forms import ReasonForm, ThresholdsForm
from modelops.models import Door, ThresholdChange
from modelops.selectors_thresholds import preview_thresholds, threshold_state
from modelops.services.clear_thresholds import clear_thresholds
from modelops.services.set_thresholds import (
    InvalidThresholds,
    check_thresholds,
    set_thresholds,
)
from modelops.words import percent

from .base import Inquiry, OperatorAdmin, button, user_of


class PreviewedForm(ThresholdsForm):
    """The form of the model page, which here saves only what was previewed."""

    previewed = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        names = {"es": _("Spanish"), "en": _("English")}
        super().__init__(*args, languages={k: names[k] for k in serving.LANGUAGES}, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors:
            try:
                check_thresholds(thresholds=self.thresholds(), base_rate=self.base_rate())
            except InvalidThresholds as invalid:
                self.add_error(None, list(invalid.errors.values()))
        return data

    @property
    def fingerprint(self) -> str:
        """Tells one set of values from another, so that what is saved is what was previewed."""
        return json.dumps([self.base_rate(), self.thresholds()], sort_keys=True)


def values_now() -> dict[str, Any]:
    """What the site has set, in points of 100 as the form has it."""
    site = threshold_state()["site"]
    if site is None:
        return {}
    values = {
        f"{kind}_{language}": round(100 * value, 4)
        for language, limits in site["thresholds"].items()
        for kind, value in limits.items()
    }
    if site["base_rate"] is not None:
        values["base_rate"] = round(100 * site["base_rate"], 4)
    return values


@admin.register(ThresholdChange)
class ThresholdChangeAdmin(OperatorAdmin):
    list_display = ["created_at", "by", "door", "rate_shown", "thresholds_shown", "reason"]
    list_select_related = ["by"]
    buttons = ("clear",)
    fields = readonly_fields = (
        "created_at",
        "by",
        "door",
        "rate_shown",
        "thresholds_shown",
        "reason",
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_operate_permission(request)

    @admin.display(description=gettext_lazy("base rate"))
    def rate_shown(self, change: ThresholdChange) -> str:
        rate = change.base_rate
        return _("the version's") if rate is None else f"{percent(rate)} %"

    @admin.display(description=gettext_lazy("thresholds: review / block, of 100"))
    def thresholds_shown(self, change: ThresholdChange) -> str:
        if not change.thresholds:
            return _("the version's")
        return "; ".join(
            f"{language}: {percent(limits['review'])} / {percent(limits['block'])}"
            for language, limits in change.thresholds.items()
        )

    # --- setting -------------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The form; what it would change; and only then the button that saves."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._shown(request, PreviewedForm(initial=values_now()))
        form = PreviewedForm(request.POST)
        if not form.is_valid():
            return self._shown(request, form)
        if "save" in request.POST and form.cleaned_data["previewed"] == form.fingerprint:
            return self._saved(request, form)
        preview = preview_thresholds(
            thresholds=form.thresholds(), base_rate=form.base_rate(), reader=user_of(request)
        )
        form.data = {**form.data.dict(), "previewed": form.fingerprint}  # type: ignore[attr-defined]
        return self._shown(request, form, preview)

    def _saved(self, request: HttpRequest, form: PreviewedForm) -> HttpResponse:
        try:
            change = set_thresholds(
                thresholds=form.thresholds(),
                base_rate=form.base_rate(),
                by=user_of(request),
                reason=form.cleaned_data["reason"],
                door=Door.ADMIN,
            )
        except OperationFailed as error:
            self.message_user(request, str(error), messages.ERROR)
        else:
            told = _("Thresholds of the site saved; all processes use them within moments.")
            self.log_addition(request, change, told)
            self.message_user(request, told, messages.SUCCESS)
        return self.back()

    def _shown(
        self, request: HttpRequest, form: PreviewedForm, preview: dict[str, Any] | None = None
    ) -> TemplateResponse:
        state = threshold_state()
        context = {
            **self.admin_site.each_context(request),
            "title": _("Thresholds of the site"),
            "opts": self.opts,
            "media": self.media + form.media,
            "list_address": self.list_address(),
            "form": form,
            "preview": preview,
            "limits": [
                (language, percent(limits["review"]), percent(limits["block"]))
                for language, limits in state["thresholds"].items()
            ],
            "rates": [
                "—" if state[key] is None else percent(state[key])
                for key in ("base_rate", "base_rate_of_version")
            ],
            "examples": [
                (
                    example_text(e),
                    percent(e["score"]),
                    *map(decision_word, (e["before"], e["after"])),
                )
                for e in (preview["examples"] if preview else ())
            ],
            "told": preview_texts(preview) if preview else [],
        }
        return TemplateResponse(request, "admin/modelops/thresholdchange/form.html", context)

    # --- clearing ------------------------------------------------------------------------------

    @button(gettext_lazy("Clear: use the version's"), place="clear")
    def clear(self, request: HttpRequest) -> HttpResponse:
        def perform(data: dict[str, Any]) -> str:
            change = clear_thresholds(by=user_of(request), reason=data["reason"], door=Door.ADMIN)
            told = _("The thresholds of the live version are in force again.")
            self.log_addition(request, change, told)
            return told

        preview = preview_thresholds(thresholds=None, base_rate=None)
        nothing = [_("The site has set nothing of its own.")]
        inquiry = Inquiry(
            title=_("Clear the thresholds of the site"),
            consequences=[
                _("The thresholds and the base rate of the live version are in force again."),
                *preview_texts(preview),
            ],
            button=_("Clear"),
            perform=perform,
            form=ReasonForm,
            warnings=nothing if threshold_state()["site"] is None else [],
        )
        return self.ask(request, inquiry)


def example_text(example: dict[str, Any]) -> str:
    """Its text, or its number for those who may not read analyses."""
    if example["text"] is None:
        return _("Analysis %(number)s") % {"number": example["id"]}
    return str(example["text"])


def preview_texts(preview: dict[str, Any]) -> list[str]:
    """What `preview_thresholds` found, as sentences."""
    checked = preview["checked"]
    if not checked:
        return [_("There are no analyses yet to try this on.")]
    told = ngettext(
        "Of the last %(checked)s analyses, %(n)s would be decided otherwise.",
        "Of the last %(checked)s analyses, %(n)s would be decided otherwise.",
        preview["changed"],
    ) % {"checked": checked, "n": preview["changed"]}
    return [told, *(_change_text(key, n) for key, n in preview["by_change"].items())]


def _change_text(change: str, count: int) -> str:
    before, after = map(decision_word, change.split("→"))
    return f"{before} → {after}: {count}"


def decision_word(code: str) -> str:
    return {"allow": _("allow"), "review": _("review"), "block": _("block")}[code]
