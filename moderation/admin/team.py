"""Members, invitations and webhooks in the administration. Services do the writing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from moderation.errors import ReviewRefused
from moderation.models import Invitation, Webhook, WebhookDelivery
from moderation.people import person
from moderation.services.invitations import withdraw_invitation
from moderation.services.keep_webhooks import remove_webhook, send_again, try_webhook
from moderation.services.members import deactivate_member, reactivate_member
from moderation.webhook_texts import problem_text


def one_by_one(
    model_admin: admin.ModelAdmin,
    request: HttpRequest,
    rows: QuerySet[Any],
    deed: Callable[[Any], object],
    words: str,
) -> None:
    """Do `deed` to each row, in the journal too; tell what was refused, and why."""
    done: list[Model] = []
    for row in rows:
        try:
            deed(row)
        except ReviewRefused as error:
            model_admin.message_user(request, f"{row}: {error}", messages.ERROR)
        else:
            done.append(row)
    if done:
        LogEntry.objects.log_actions(
            user_id=person(request).pk, queryset=done, action_flag=CHANGE, change_message=words
        )
        told = ngettext("%(words)s: %(count)s row.", "%(words)s: %(count)s rows.", len(done))
        model_admin.message_user(
            request, told % {"words": words, "count": len(done)}, messages.SUCCESS
        )


admin.site.unregister(User)


@admin.register(User)
class MemberAdmin(UserAdmin):
    """Django's own, but an account is closed and opened by the team's services."""

    actions = ["close", "open_again"]

    @admin.action(description=_("Close the accounts"), permissions=["change"])
    def close(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        one_by_one(
            self,
            request,
            queryset,
            lambda member: deactivate_member(member=member, by=person(request)),
            str(_("Account closed")),
        )

    @admin.action(description=_("Open the accounts again"), permissions=["change"])
    def open_again(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        one_by_one(
            self,
            request,
            queryset,
            lambda member: reactivate_member(member=member, by=person(request)),
            str(_("Account opened again")),
        )

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        if not change or "is_active" not in form.changed_data:
            super().save_model(request, obj, form, change)
            return
        opened = obj.is_active
        obj.is_active = not opened  # the service makes the change, with what belongs to it
        super().save_model(request, obj, form, change)
        use = reactivate_member if opened else deactivate_member
        try:
            use(member=obj, by=person(request))
        except ReviewRefused as error:
            self.message_user(request, str(error), messages.ERROR)


class TeamAdmin(admin.ModelAdmin):
    """For those who manage the team: to look, and for the actions below."""

    list_per_page = 50
    show_full_result_count = False

    def has_team_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("moderation.manage_team")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_team_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_team_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Invitation)
class InvitationAdmin(TeamAdmin):
    list_display = ["id", "email", "by", "created_at", "expires_at", "accepted_at", "withdrawn_at"]
    list_select_related = ["by"]
    search_fields = ["email", "by__username", "user__username"]
    fields = (
        "email",
        "groups",
        "by",
        "created_at",
        "expires_at",
        "withdrawn_at",
        "accepted_at",
        "user",
    )
    actions = ["withdraw"]

    @admin.action(description=_("Withdraw the invitations"), permissions=["team"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        one_by_one(
            self,
            request,
            queryset,
            lambda invitation: withdraw_invitation(invitation=invitation, by=person(request)),
            str(_("Invitation withdrawn")),
        )


@admin.register(Webhook)
class WebhookAdmin(TeamAdmin):
    list_display = ["id", "url", "owner", "active", "by", "created_at"]
    list_filter = ["active"]
    list_select_related = ["owner", "by"]
    search_fields = ["url", "owner__username"]
    fields = ("url", "owner", "active", "by", "created_at")
    actions = ["test", "again", "remove"]

    @admin.action(description=_("Send a test message"), permissions=["team"])
    def test(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        for webhook in queryset:
            try:
                answer = try_webhook(webhook=webhook, by=person(request))
            except ReviewRefused as error:
                self.message_user(request, f"{webhook}: {error}", messages.ERROR)
                continue
            told = problem_text(answer.problem, answer.status) or _("The test message was taken.")
            level = messages.ERROR if answer.problem else messages.SUCCESS
            self.message_user(request, f"{webhook}: {told}", level)

    @admin.action(description=_("Send given-up messages again"), permissions=["team"])
    def again(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        one_by_one(
            self,
            request,
            queryset,
            lambda webhook: send_again(webhook=webhook, by=person(request)),
            str(_("Messages sent again")),
        )

    @admin.action(description=_("Remove the webhooks"), permissions=["team"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        one_by_one(
            self,
            request,
            queryset,
            lambda webhook: remove_webhook(webhook=webhook, by=person(request)),
            str(_("Webhook removed")),
        )


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(TeamAdmin):
    list_display = [
        "id",
        "webhook",
        "decision",
        "state",
        "attempts",
        "status",
        "trouble",
        "created_at",
        "next_attempt_at",
    ]
    list_filter = ["state"]
    list_select_related = ["webhook", "decision"]
    search_fields = ["webhook__url"]
    fields = (
        "webhook",
        "decision",
        "state",
        "attempts",
        "next_attempt_at",
        "status",
        "trouble",
        "created_at",
        "delivered_at",
    )
    readonly_fields = ("trouble",)

    @admin.display(description=_("problem"))
    def trouble(self, delivery: WebhookDelivery) -> str:
        return problem_text(delivery.problem, delivery.status)
