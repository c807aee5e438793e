"""What the lists of the model share: who may look, and how something is asked for and done.

Nothing is written here: each operation is a service, and an `Inquiry` says what it will do
before it does it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from modelops.errors import OperationFailed

PERMISSION = "modelops.operate_model"


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is asked before something changes. `perform` does it and returns what to tell.

    `perform` gets the form's cleaned data, and may raise OperationFailed.
    """

    title: str
    consequences: Sequence[str]  # what will happen, in sentences
    button: str
    perform: Callable[[dict[str, Any]], str]
    rows: Sequence[Model] = ()  # those that were selected
    form: Callable[..., forms.Form] | None = None
    warnings: Sequence[str] = ()
    dangerous: bool = False
    facts: Sequence[tuple[str, str]] = field(default=())


def button(label: Any, *, place: str) -> Callable[[Any], Any]:
    """Mark a method of an admin as the view of a button; `place` is the end of its address.

    It is called with the request, and with the row where the button belongs to one.
    """

    def mark(method: Any) -> Any:
        method.label, method.place = label, place
        return method

    return mark


class OperatorAdmin(admin.ModelAdmin):
    """Operators look, and ask for what `buttons`, `row_buttons` and `actions` name."""

    actions: Any = ()
    buttons: tuple[str, ...] = ()  # names of methods: of the list, without a selection
    row_buttons: tuple[str, ...] = ()  # names of methods: of one row

    # --- who may do what -----------------------------------------------------------------------

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PERMISSION)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_operate_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_operate_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    # --- buttons -------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        own = [self._place(name, "", self._of_list) for name in self.buttons]
        own += [self._place(name, "<int:pk>/", self._of_row) for name in self.row_buttons]
        return own + super().get_urls()

    def _place(self, name: str, before: str, call: Callable[..., HttpResponse]) -> URLPattern:
        method = getattr(self, name)
        view = self.admin_site.admin_view(partial(call, method))
        return path(f"{before}{method.place}/", view, name=self._route(method.place))

    def _route(self, place: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{place}"

    def _of_list(self, view: Any, request: HttpRequest) -> HttpResponse:
        if not self.has_operate_permission(request):
            raise PermissionDenied
        return view(request)

    def _of_row(self, view: Any, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_operate_permission(request):
            raise PermissionDenied
        row = self.get_object(request, str(pk))
        if row is None:
            return self._gone(request)
        return view(request, row)

    def offered(self, request: HttpRequest, row: Any) -> Iterable[str]:
        """Those of `row_buttons` that make sense for this row."""
        return self.row_buttons

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        links = self._links(self.buttons if self.has_operate_permission(request) else ())
        return super().changelist_view(request, {"buttons": links} | (extra_context or {}))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id)) if object_id else None
        shown = row is not None and self.has_operate_permission(request)
        names = self.offered(request, row) if shown else ()
        links = self._links(names, *([row.pk] if row else []))
        context = {"buttons": links} | (extra_context or {})
        return super().changeform_view(request, object_id, form_url, context)

    def _links(self, names: Iterable[str], *arguments: Any) -> list[dict[str, Any]]:
        methods = [getattr(self, name) for name in names]
        return [
            {
                "url": reverse(f"admin:{self._route(method.place)}", args=arguments),
                "label": method.label,
            }
            for method in methods
        ]

    # --- asking, doing, telling ----------------------------------------------------------------

    def ask(self, request: HttpRequest, inquiry: Inquiry) -> HttpResponse:
        """Show what will happen; once that is confirmed, do it, and go back to the list."""
        confirmed = request.method == "POST" and "confirm" in request.POST
        form = None
        if inquiry.form is not None:
            form = inquiry.form(request.POST if confirmed else None)
        if confirmed and (form is None or form.is_valid()):
            try:
                told = inquiry.perform(form.cleaned_data if form else {})
            except OperationFailed as error:
                self.message_user(request, str(error), messages.ERROR)
            else:
                if told:
                    self.message_user(request, told, messages.SUCCESS)
            return self.back()
        context = {
            **self.admin_site.each_context(request),
            "title": inquiry.title,
            "inquiry": inquiry,
            "form": form,
            "opts": self.opts,
            "media": self.media + (form.media if form else forms.Media()),
            "list_address": self.list_address(),
            "action": request.POST.get("action", ""),
            "action_checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/modelops/confirm.html", context)

    def list_address(self) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def back(self) -> HttpResponseRedirect:
        return HttpResponseRedirect(self.list_address())

    def _gone(self, request: HttpRequest) -> HttpResponse:
        self.message_user(request, _("It does not exist any more."), messages.WARNING)
        return self.back()

    def each(
        self, request: HttpRequest, rows: Iterable[Any], do: Callable[[Any], object]
    ) -> list[str]:
        """Do something to each of `rows`; the names of those it was done to.

        What fails is told at once and keeps nobody else from their turn.
        """
        done = []
        for row in rows:
            name = str(row)
            try:
                do(row)
            except OperationFailed as error:
                self.message_user(request, f"{name}: {error}", messages.ERROR)
            else:
                done.append(name)
        return done

    def one(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any | None:
        """The only row that is selected; None, and a message, when there are more."""
        rows = list(queryset[:2])
        if len(rows) == 1:
            return rows[0]
        self.message_user(request, _("Select exactly one."), messages.WARNING)
        return None

    # --- deleting ------------------------------------------------------------------------------

    def deletion(self, request: HttpRequest, rows: Sequence[Any]) -> Inquiry:
        """What deleting rows means here. Only for lists with a permission to delete."""
        raise NotImplementedError

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # Not Django's: that one opens a transaction, in which no files should be deleted.
        row = self.get_object(request, unquote(object_id))
        if not self.has_delete_permission(request, row):
            raise PermissionDenied
        if row is None:
            return self._gone(request)
        return self.ask(request, self.deletion(request, [row]))

    @admin.action(description=gettext_lazy("Delete"), permissions=["delete"])
    def delete_selected(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self.ask(request, self.deletion(request, list(queryset)))

    def note_deletion(self, request: HttpRequest, row: Model) -> None:
        """The entry in the history, for a row that may be gone from the database by now."""
        LogEntry.objects.log_actions(
            user_id=user_of(request).pk,
            queryset=[row],
            action_flag=DELETION,
            single_object=True,
        )


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)  # the admin lets nobody else in


def kept(row: Any) -> Any:
    """A copy that keeps its number when the row is deleted."""
    return copy.copy(row)


def as_json(value: Any) -> SafeString:
    """A JSON value for reading."""
    return as_text(json.dumps(value, indent=2, ensure_ascii=False))


def as_text(text: str) -> SafeString:
    """Lines of text as they are."""
    return format_html('<pre class="facts">{}</pre>', text)
