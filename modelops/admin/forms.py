"""What is asked along with the start of a training."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

MAX_SEED = 2**32 - 1
MAX_DAYS = 36_500


class FullForm(forms.Form):
    from_scratch = forms.BooleanField(
        label=_("From scratch, without the base"),
        required=False,
        help_text=_("Needs registered datasets with enough toxic and not toxic texts."),
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        min_value=0,
        max_value=MAX_SEED,
        required=False,
        help_text=_("Of every random choice. Empty: the usual one."),
    )


class UpdateForm(forms.Form):
    days = forms.IntegerField(
        label=_("Only new labels of the last days"),
        min_value=1,
        max_value=MAX_DAYS,
        required=False,
        help_text=_("Empty: all new labels. What was learned before stays learned."),
    )
    dry_run = forms.BooleanField(
        label=_("Dry run"),
        required=False,
        help_text=_("Learn and judge, but publish nothing."),
    )
