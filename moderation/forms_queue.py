"""Forms of the queue's pages. They check what was typed; the services do the rest."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from moderation.models import Category, ModeratorSettings, ReviewDecision

WORDS = 2000  # characters of a reason, a reply, a note or the words of an appeal
Action = ReviewDecision.Action


class PlainTextField(forms.CharField):
    """Words of a person; a line ends with a line feed, as nobody typed the carriage returns."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=WORDS, **kwargs)

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n")


class DecideForm(forms.Form):
    """`action`; or `reject` with the category, as the buttons of the panel send it."""

    action = forms.ChoiceField(
        choices=[(action, "") for action in Action if action != Action.UNDO], required=False
    )
    reject = forms.ChoiceField(choices=Category, required=False)
    reason = PlainTextField(required=False)
    reply = PlainTextField(required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        category = cleaned.pop("reject", "")
        if category:
            cleaned["action"] = Action.REJECT
        elif not cleaned.get("action"):
            self.add_error("action", _("Say what to decide."))
        rejects = cleaned.get("action") == Action.REJECT
        return cleaned | {
            "category": category,
            "reason": cleaned.get("reason", "") if rejects else "",
        }


class BatchForm(forms.Form):
    """`reject` is the category, named so that it is none of the filter's fields beside it."""

    action = forms.ChoiceField(
        choices=[(action, "") for action in (Action.APPROVE, Action.REJECT)], required=False
    )
    reject = forms.ChoiceField(choices=[("", ""), *Category.choices], required=False)
    reason = PlainTextField(required=False)
    expected_count = forms.IntegerField(min_value=0, required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        category = cleaned.pop("reject", "")
        if cleaned.get("action") != Action.REJECT:
            return cleaned | {"category": "", "reason": ""}
        return cleaned | {"category": category}


class NoteForm(forms.Form):
    text = PlainTextField(label=_("Note"))


class AppealForm(forms.Form):
    text = PlainTextField(label=_("What speaks for it"))
    by_author = forms.BooleanField(label=_("The author asks for it"), required=False)


class CareForm(forms.ModelForm):
    class Meta:
        model = ModeratorSettings
        fields = ("shortcuts", "blur", "greyscale", "pause_minutes")
        labels = {
            "shortcuts": _("Decide with keys"),
            "blur": _("Blur severe texts until I look"),
            "greyscale": _("Mute the colours of severe texts"),
            "pause_minutes": _("Remind me of a pause after (minutes)"),
        }
        help_texts = {
            "shortcuts": _(
                "Single letters act in the queue, g and / everywhere, and never while I write."
            ),
            "blur": _("The pointer, the focus or the key v shows them."),
            "greyscale": _("The marks in blocked texts lose their red."),
            "pause_minutes": _("0: no reminder. Five minutes away from the queue are a pause."),
        }

    pause_minutes = forms.IntegerField(
        min_value=0,
        max_value=480,
        label=_("Remind me of a pause after (minutes)"),
        help_text=_("0: no reminder. Five minutes away from the queue are a pause."),
    )
