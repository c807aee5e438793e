"""What the model page takes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from modelops.attributes import PERSPECTIVE
from modelops.models import MustPassSentence

LONGEST_REASON = 500  # characters, as the columns have them


class ReasonForm(forms.Form):
    """An operation that may be given a reason.

    Its fields have ids of their own, since the dialog that asks lies over the page's other form.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "ask_%s", **kwargs})

    reason = forms.CharField(
        label=gettext_lazy("Why"),
        help_text=gettext_lazy("Shown in the timeline. May stay empty."),
        max_length=LONGEST_REASON,
        required=False,
    )


class PromoteForm(ReasonForm):
    """`force` is asked only where what is live can't be backed up."""

    def __init__(self, *args: Any, live_damaged: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not live_damaged:
            del self.fields["force"]

    force = forms.BooleanField(
        label=gettext_lazy("By force, without a backup"),
        help_text=gettext_lazy(
            "The live version is damaged and can't be backed up. Better: repair it, or restore a "
            "backup."
        ),
        required=False,
    )


class RestoreForm(ReasonForm):
    hold_back = forms.BooleanField(
        label=gettext_lazy("Hold back the labels that came after it"),
        help_text=gettext_lazy(
            "They stay out of training until somebody releases them; nothing is deleted."
        ),
        required=False,
    )


class ThresholdsForm(forms.Form):
    """Thresholds and base rate in points of 100, for the languages that the model has."""

    def __init__(self, *args: Any, languages: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.languages = languages
        for code, name in languages.items():
            for kind, words in (("review", _("Review from")), ("block", _("Block from"))):
                self.fields[f"{kind}_{code}"] = _points(f"{words}, {name}")
        self.fields["base_rate"] = _points(_("Toxic texts of 100"), least=0.1, most=90)
        self.fields["reason"] = ReasonForm.base_fields["reason"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for code, name in self.languages.items():
            review, block = data.get(f"review_{code}"), data.get(f"block_{code}")
            if (review is None) != (block is None):
                missing = f"review_{code}" if review is None else f"block_{code}"
                if missing not in self.errors:
                    self.add_error(
                        missing, _("Both are needed for %(name)s, or none.") % {"name": name}
                    )
            elif review is not None and review > block:
                self.add_error(f"block_{code}", _("Blocking cannot begin below review."))
        return data

    def thresholds(self) -> dict[str, dict[str, float]] | None:
        """{language: {"review", "block"}} as probabilities; None where nothing is set."""
        found = {
            code: {
                kind: round(self.cleaned_data[f"{kind}_{code}"] / 100, 4)
                for kind in ("review", "block")
            }
            for code in self.languages
            if self.cleaned_data.get(f"review_{code}") is not None
        }
        return found or None

    def base_rate(self) -> float | None:
        value = self.cleaned_data.get("base_rate")
        return None if value is None else round(value / 100, 6)


class CarryForm(forms.Form):
    """A file of texts with another service's scores, and what that service flagged from."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV with the columns text and TOXICITY, SEVERE_TOXICITY, …; or JSON lines, each with "
            "text and attributeScores as Perspective answers them."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.tsv,.jsonl,.ndjson,.gz"}),
    )
    text_column = forms.CharField(
        label=gettext_lazy("Column of the text"), required=False, max_length=100, initial="text"
    )

    def __init__(self, *args: Any, languages: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        detected = _("as the file says, else detected")
        self.fields["language"] = forms.ChoiceField(
            label=_("Language of rows without one"),
            choices=[("", detected), *languages.items()],
            required=False,
        )
        for attribute in PERSPECTIVE:
            self.fields[attribute] = _share(attribute)
        self.fields["block"] = _share(_("TOXICITY that blocked"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not any(data.get(attribute) for attribute in PERSPECTIVE) and not self.errors:
            self.add_error("TOXICITY", _("The old threshold of one attribute at least is needed."))
        return data

    def thresholds(self) -> dict[str, float]:
        """{attribute: 0 to 1} of those that were given."""
        given = ((attribute, self.cleaned_data[attribute]) for attribute in PERSPECTIVE)
        return {attribute: value for attribute, value in given if value is not None}


class SentenceForm(forms.ModelForm):
    """A sentence that no new version may get wrong."""

    toxic = forms.TypedChoiceField(
        label=gettext_lazy("Right answer"),
        choices=[("", "—"), ("true", gettext_lazy("Toxic")), ("false", gettext_lazy("Not toxic"))],
        coerce=lambda value: value == "true",
    )

    class Meta:
        model = MustPassSentence
        fields = ["text", "language", "toxic"]
        error_messages = {
            NON_FIELD_ERRORS: {
                "unique_together": gettext_lazy("This sentence is there already."),
            }
        }


def _share(label: str) -> forms.FloatField:
    return forms.FloatField(
        label=label,
        min_value=0.0001,
        max_value=1,
        required=False,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


def _points(label: str, *, least: float = 0.0, most: float = 100.0) -> forms.FloatField:
    # a plain text field: browsers write the decimals of a number field in their own language
    return forms.FloatField(
        label=label,
        min_value=least,
        max_value=most,
        required=False,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
