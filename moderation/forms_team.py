"""What the team's pages take."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.utils.translation import gettext_lazy as _

from moderation.forms import EraseShownForm
from moderation.team import group_name

LONGEST_REASON = 500  # characters
LONGEST_NUMBER = 18  # digits that every database takes


class GroupsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: Group) -> str:
        return group_name(obj)

    def clean(self, value: Any) -> Any:
        for one in value or ():
            # (Django asks the database for a number of any length)
            if not str(one).isdecimal() or len(str(one)) > LONGEST_NUMBER:
                wrong = self.error_messages["invalid_pk_value"]
                raise forms.ValidationError(wrong, code="invalid_pk_value", params={"pk": one})
        return super().clean(value)


class GroupsForm(forms.Form):
    """Which of the `offered` groups somebody belongs to."""

    groups = GroupsField(
        label=_("Groups"),
        queryset=Group.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    def __init__(self, *args: Any, offered: list[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["groups"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = Group.objects.filter(pk__in=[group.pk for group in offered]).order_by(
            "name"
        )


class InviteForm(GroupsForm):
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("Of the new account, for a forgotten password. May stay empty."),
        required=False,
    )
    field_order = ["groups", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["groups"].required = True
        self.fields["email"].widget.attrs["autocomplete"] = "off"


class JoinForm(forms.Form):
    """The account that an invitation is for."""

    username = forms.CharField(
        label=_("Name to log in with"),
        max_length=150,
        validators=User._meta.get_field("username").validators,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    first_name = forms.CharField(
        label=_("First name"),
        help_text=_("May stay empty."),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=password_validators_help_text_html,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("The password again"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "password" in data and "again" in data and data["password"] != data["again"]:
            self.add_error("again", _("This is not the same password."))
        return data


class TokenForm(forms.Form):
    days = forms.IntegerField(
        label=_("Valid for days"),
        help_text=_("Without a number, the token does not end by itself."),
        min_value=1,
        max_value=3650,
        required=False,
    )


class WebhookForm(forms.Form):
    owner = forms.ModelChoiceField(
        label=_("Integration"),
        queryset=User.objects.none(),
        help_text=_("Decisions about its analyses are told."),
    )
    url = forms.CharField(
        label=_("Address"),
        max_length=2000,
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, owners: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = owners


class AuthorForm(forms.Form):
    """Whose texts are looked for."""

    author = forms.CharField(
        label=_("Author"),
        help_text=_("The exact name, as the analyses have it."),
        max_length=200,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    source = forms.CharField(
        label=_("Source"),
        help_text=_("Empty: from every source."),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class EraseAuthorForm(EraseShownForm):
    reason = forms.CharField(
        label=_("Why"),
        help_text=_("For the journal. Without the author's name."),
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["reason", "typed", "newest"]
