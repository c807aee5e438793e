"""Must-pass sentences of the site: leads and operators keep the list."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from modelops.models import Door, MustPassSentence
from modelops.services.must_pass_sentences import delete_sentence, save_sentence

from .base import PERMISSION, user_of


@admin.register(MustPassSentence)
class MustPassSentenceAdmin(admin.ModelAdmin):
    list_display = ["text", "language", "toxic", "active", "created_by", "created_at"]
    list_filter = ["language", "toxic", "active"]
    list_select_related = ["created_by"]
    search_fields = ["text"]
    fields = ["text", "language", "toxic", "active", "created_by", "created_at"]
    readonly_fields = ["created_by", "created_at"]

    # Whoever operates the model may do all of it; leads hold Django's own permissions.

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PERMISSION) or super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(PERMISSION) or super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PERMISSION) or super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(PERMISSION) or super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(PERMISSION) or super().has_delete_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: MustPassSentence, form: Any, change: bool
    ) -> None:
        save_sentence(sentence=obj, by=user_of(request), door=Door.ADMIN)

    def delete_model(self, request: HttpRequest, obj: MustPassSentence) -> None:
        delete_sentence(sentence=obj, by=user_of(request), door=Door.ADMIN)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[MustPassSentence]) -> None:
        for sentence in queryset:
            delete_sentence(sentence=sentence, by=user_of(request), door=Door.ADMIN)
