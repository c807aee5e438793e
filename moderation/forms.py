"""Forms of the pages. They check what was typed; the services do the rest."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from modelops.validators import is_blank
from modelops.words import grouped
from moderation.models import MAX_TEXT_LENGTH, Category


class TextField(forms.CharField):
    """The text of a comment, exactly as typed, except that a line ends with a line feed.

    Browsers send a carriage return with each line feed, which nobody typed or sees.
    """

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n")

    def validate(self, value: str) -> None:
        if is_blank(value):
            raise ValidationError(_("There is no text to analyse."), code="required")
        if len(value) > MAX_TEXT_LENGTH:
            names = {"length": grouped(len(value)), "limit": grouped(MAX_TEXT_LENGTH)}
            raise ValidationError(
                _("The text has %(length)s characters; at most %(limit)s are possible."),
                code="too_long",
                params=names,
            )


class AnalyseForm(forms.Form):
    text = TextField(strip=False, required=False)
    language = forms.ChoiceField(
        choices=[("", _("Detect")), ("es", _("Spanish")), ("en", _("English"))], required=False
    )
    private = forms.BooleanField(required=False)


class LabelForm(forms.Form):
    """The right answer; `place` says which part of which page the buttons are in."""

    toxic = forms.TypedChoiceField(
        choices=[("true", ""), ("false", "")], coerce=lambda value: value == "true"
    )
    category = forms.ChoiceField(choices=[("", ""), *Category.choices], required=False)
    place = forms.ChoiceField(choices=[(name, "") for name in ("row", "answer")], required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("toxic"):
            cleaned["category"] = ""
        return cleaned


class EraseShownForm(forms.Form):
    """The typed number must be the number that was shown; `newest` is the last one counted."""

    typed = forms.CharField(label=_("Number of analyses"))
    newest = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = count
        self.fields["typed"].widget.attrs |= {"inputmode": "numeric", "autocomplete": "off"}

    def clean_typed(self) -> int:
        digits = "".join(c for c in self.cleaned_data["typed"] if c not in ".,' \u00a0\u202f")
        if not digits.isdecimal() or int(digits) != self.count:
            raise ValidationError(
                _("This is not the number shown, %(count)s. Nothing was deleted."),
                params={"count": grouped(self.count)},
            )
        return self.count
