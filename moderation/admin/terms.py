"""The term lists and the policy in the administration. Services do the writing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from modelops.serving import ModelUnavailable
from moderation.errors import InputRefused, ReviewRefused
from moderation.errors_terms import TermRemoved
from moderation.filters_terms import TermState
from moderation.models import PolicyVersion, Term
from moderation.people import person
from moderation.selectors_terms import preview_term, told_changes
from moderation.services import add_term, remove_term
from moderation.services.add_term import check_free, draft_term
from moderation.termlists import standing_terms

_TYPED = ("pattern", "match", "action", "language", "category", "expires_at", "reason")


class AddTermForm(forms.ModelForm):
    """Says first what the term would change; saved again, it is added."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    request: HttpRequest  # of the administration

    class Meta:
        model = Term
        fields = _TYPED

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        try:
            draft = draft_term(**{name: data[name] for name in _TYPED})
            check_free(draft)
            self._show_first(draft, data["seen"])
        except InputRefused as error:
            self.add_error(error.field if error.field in self.fields else None, str(error))
        except (ReviewRefused, ModelUnavailable) as error:
            self.add_error(None, str(error))
        return data

    def _show_first(self, draft: Term, seen: str) -> None:
        key = f"{draft.normalized}|{draft.match}|{draft.action}|{draft.language}"
        if seen == key:
            return
        told = told_changes(preview_term(draft, reader=person(self.request)))
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["seen"] = key  # type: ignore[index]
        self.add_error(
            None,
            _("%(told)s. It is found as “%(words)s”. Save again to add it.")
            % {"told": told, "words": draft.normalized},
        )


class StateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state.value, state.label) for state in TermState if state != TermState.ALL]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Term]) -> QuerySet[Term]:
        match self.value():
            case TermState.STANDING:
                return queryset.filter(standing_terms())
            case TermState.EXPIRED:
                return queryset.filter(removed_at__isnull=True).exclude(standing_terms())
            case TermState.REMOVED:
                return queryset.filter(removed_at__isnull=False)
        return queryset


@admin.register(Term)
class TermAdmin(admin.ModelAdmin):
    list_display = [
        "pattern",
        "action",
        "match",
        "language",
        "category",
        "expires_at",
        "created_by",
        "created_at",
        "removed_at",
    ]
    list_filter = [StateFilter, "action", "match", "language", "category", "starter"]
    list_select_related = ["created_by"]
    search_fields = ["pattern", "normalized"]
    ordering = ["-id"]
    actions = ["remove"]
    form = AddTermForm
    fields = (
        *_TYPED,
        "normalized",
        "starter",
        "created_by",
        "created_at",
        "removed_by",
        "removed_at",
    )
    readonly_fields = fields
    add_fieldsets = [(None, {"fields": (*_TYPED, "seen")})]

    # --- who may do what -----------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._keeps(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._keeps(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._keeps(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_keep_permission(self, request: HttpRequest) -> bool:
        return self._keeps(request)

    @staticmethod
    def _keeps(request: HttpRequest) -> bool:
        return request.user.has_perm("moderation.manage_terms")

    # --- adding --------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_fieldsets(request, obj) if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return super().get_readonly_fields(request, obj) if obj else ()

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.request = request
        return form

    def save_model(self, request: HttpRequest, obj: Term, form: Any, change: bool) -> None:
        added = add_term(**{name: form.cleaned_data[name] for name in _TYPED}, by=person(request))
        obj.pk = added.pk

    # --- removing ------------------------------------------------------------------------------

    @admin.action(description=_("Remove"), permissions=["keep"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Term]) -> None:
        removed = []
        for term in queryset:
            try:
                removed.append(remove_term(term=term, by=person(request)))
            except TermRemoved:
                continue  # before, or by somebody else just now
        LogEntry.objects.log_actions(
            user_id=person(request).pk,
            queryset=removed,
            action_flag=CHANGE,
            change_message=str(_("Remove")),
        )
        told = ngettext("%(count)s term removed.", "%(count)s terms removed.", len(removed))
        self.message_user(request, told % {"count": len(removed)}, messages.SUCCESS)


@admin.register(PolicyVersion)
class PolicyVersionAdmin(admin.ModelAdmin):
    """To read; it is edited on its page, to which “view on site” leads."""

    list_display = ["number", "by", "created_at", "reason"]
    list_select_related = ["by"]
    search_fields = ["reason", "by__username"]
    fields = readonly_fields = ("number", "by", "created_at", "reason", "content")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = request.user
        return user.has_perm("moderation.manage_policy") or super().has_view_permission(
            request, obj
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def view_on_site(self, obj: PolicyVersion) -> str:
        return reverse("moderation:policy_version", args=[obj.number])
