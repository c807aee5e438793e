"""Forms of the pages of the term lists and of the policy. The services have the last word."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from moderation.models import Category, PolicyVersion, ReviewDecision, Term
from moderation.policy import LABELS, LANGUAGES
from moderation.services.add_term import MAX_PATTERN, MAX_REASON
from moderation.services.edit_policy import LEAST_WEIGHT, MAX_TEXT, MOST_WEIGHT

LABEL_NAMES = {
    "toxic": _("that the text is toxic"),
    "not_toxic": _("that the text is not toxic"),
    "none": _("nothing"),
}
LANGUAGE_NAMES = {"es": _("Spanish"), "en": _("English")}


class TermForm(forms.Form):
    """A term to add. `seen` is what the preview was about: only that is saved."""

    pattern = forms.CharField(
        label=_("Term"),
        max_length=MAX_PATTERN,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto", "spellcheck": "false"}),
        help_text=_("A word, several words in a row, or an emoji."),
    )
    match = forms.ChoiceField(
        label=_("Found as"),
        choices=Term.Match.choices,
        help_text=_("With variants, disguises are found as well, like 1d10t or i d i o t."),
    )
    action = forms.ChoiceField(label=_("What happens"), choices=Term.Action.choices, initial="flag")
    language = forms.ChoiceField(label=_("Language"), choices=Term.Language.choices, required=False)
    category = forms.ChoiceField(
        label=_("Category"),
        choices=[("", pgettext_lazy("category", "None")), *Category.choices],
        required=False,
    )
    expires = forms.DateField(
        label=_("Valid until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("The end of that day. Empty: until somebody removes it."),
    )
    reason = forms.CharField(label=_("Why"), max_length=MAX_REASON)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def values(self) -> dict[str, Any]:
        """What `add_term` and `draft_term` take."""
        data = self.cleaned_data
        names = ("pattern", "match", "action", "language", "category", "reason")
        return {name: data[name] for name in names} | {"expires_at": self._end_of_day()}

    def _end_of_day(self) -> datetime | None:
        day = self.cleaned_data["expires"]
        if day is None:
            return None
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))


class PolicyForm(forms.Form):
    """One version of the policy as fields: "insult_es", "insult_label", "weight_batch" …"""

    def __init__(self, *args: Any, policy: PolicyVersion, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        content = policy.content
        for code in Category.values:
            said = content["categories"].get(code, {})
            for language in LANGUAGES:
                self.fields[f"{code}_{language}"] = forms.CharField(
                    label=LANGUAGE_NAMES[language],
                    max_length=MAX_TEXT,
                    required=False,
                    initial=said.get("texts", {}).get(language, ""),
                    widget=forms.Textarea(attrs={"rows": 4, "lang": language}),
                )
            self.fields[f"{code}_reason"] = forms.BooleanField(
                label=_("Rejecting needs a reason"),
                required=False,
                initial=said.get("reason_required", False),
            )
            self.fields[f"{code}_label"] = _label_field(
                _("The model learns from rejecting"), said.get("label", "none")
            )
        self.fields["approve_label"] = _label_field(
            _("From an approved text, the model learns"), content["approve_label"]
        )
        for mode, name in ReviewDecision.Mode.choices:
            self.fields[f"weight_{mode}"] = forms.FloatField(
                label=name,
                initial=content["weights"][mode],
                min_value=LEAST_WEIGHT,
                max_value=MOST_WEIGHT,
                localize=True,
                widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            )
        self.fields["reason"] = forms.CharField(label=_("Why it changes"), max_length=MAX_REASON)
        self.fields["base"] = forms.IntegerField(initial=policy.number, widget=forms.HiddenInput)

    def content(self) -> dict[str, Any]:
        """What `edit_policy` takes."""
        data = self.cleaned_data
        return {
            "categories": {
                code: {
                    "texts": {language: data[f"{code}_{language}"] for language in LANGUAGES},
                    "reason_required": data[f"{code}_reason"],
                    "label": data[f"{code}_label"],
                }
                for code in Category.values
            },
            "approve_label": data["approve_label"],
            "weights": {mode: data[f"weight_{mode}"] for mode in ReviewDecision.Mode.values},
        }

    def by_category(self) -> list[dict[str, Any]]:
        """The fields of each category, for the template."""
        return [
            {
                "code": code,
                "name": name,
                "texts": [self[f"{code}_{language}"] for language in LANGUAGES],
                "reason": self[f"{code}_reason"],
                "label": self[f"{code}_label"],
            }
            for code, name in Category.choices
        ]

    def weights(self) -> list[forms.BoundField]:
        return [self[f"weight_{mode}"] for mode in ReviewDecision.Mode.values]


def _label_field(label: Any, initial: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=[(code, LABEL_NAMES[code]) for code in LABELS], initial=initial
    )
