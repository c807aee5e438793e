"""The queue in the administration: what waits, and deciding in bulk by the same services."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from modelops import serving
from modelops.admin.base import Inquiry
from modelops.words import percent
from moderation.admin.base import WorkbenchAdmin, excerpt, for_reader
from moderation.models import Category, QueueItem, ReviewDecision
from moderation.people import person
from moderation.selectors_decisions import shown_mode
from moderation.selectors_queue import hidden_for, kind_for
from moderation.services.claims import release_claims
from moderation.services.decide_batch import Selection, decide_batch, preview_batch
from moderation.services.rescore_items import rescore_items

MAX_WORDS = 2000
Action = ReviewDecision.Action


class RejectForm(forms.Form):
    category = forms.ChoiceField(label=gettext_lazy("Category"), choices=Category)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=MAX_WORDS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The policy may ask for one."),
    )


class DecisionInline(admin.TabularInline):
    model = ReviewDecision
    fields = readonly_fields = ("action", "shown_mode", "category", "reason", "by", "created_at")
    extra = 0
    can_delete = False
    ordering = ("pk",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        self.reader = request.user
        return request.user.has_perm("moderation.review_analysis")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewDecision]:
        return super().get_queryset(request).select_related("by")

    @admin.display(description=gettext_lazy("mode"))
    def shown_mode(self, decision: ReviewDecision) -> str:
        return str(ReviewDecision.Mode(shown_mode(decision, self.reader)).label)


@admin.register(QueueItem)
class QueueItemAdmin(WorkbenchAdmin):
    list_display = [
        "id",
        "excerpt",
        "shown_kind",
        "state",
        "percentage",
        "shown_category",
        "language",
        "source",
        "reports",
        "opened_at",
        "escalated_at",
        "holder",
    ]
    list_filter = ["state", "kind", "language", "category", "source", "opened_at"]
    leads_filters = ("kind", "category")
    list_select_related = ["analysis", "claimed_by"]
    ordering = ["-priority", "pk"]
    search_fields = ["analysis__search_text"]  # shows the field; `text_path` does the work
    search_help_text = gettext_lazy(
        "At least 3 characters of the text; case and accents don't matter."
    )
    text_path = "analysis"
    actions = ["approve", "reject", "escalate", "release", "rescore"]
    inlines = [DecisionInline]
    fields = readonly_fields = (
        "analysis_link",
        "text",
        "shown_kind",
        "state",
        "percentage",
        "shown_category",
        "language",
        "source",
        "opened_at",
        "closed_at",
        "escalated_at",
        "reports",
        "holder",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[QueueItem]:
        return for_reader(super().get_queryset(request), request)

    # --- what is shown -------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("text"))
    def excerpt(self, item: Any) -> str:
        return excerpt(item.analysis.text)

    @admin.display(description=gettext_lazy("text"))
    def text(self, item: Any) -> str:
        return item.analysis.text

    @admin.display(description=gettext_lazy("reason"))
    def shown_kind(self, item: Any) -> str:
        return str(QueueItem.Kind(kind_for(item, lead=item.lead)).label)

    @admin.display(description=gettext_lazy("toxicity in percent"))
    def percentage(self, item: Any) -> str:
        return "" if hidden_for(item, lead=item.lead) else percent(item.score)

    @admin.display(description=gettext_lazy("category"))
    def shown_category(self, item: Any) -> str:
        return "" if hidden_for(item, lead=item.lead) else item.get_category_display()

    @admin.display(description=gettext_lazy("claimed by"))
    def holder(self, item: Any) -> str:
        return item.claimed_by.get_username() if item.claimed and item.claimed_by else ""

    # --- deciding ------------------------------------------------------------------------------

    @admin.action(description=gettext_lazy("Approve"), permissions=["operate"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._decide(request, queryset, Action.APPROVE, title=_("Approve items"))

    @admin.action(description=gettext_lazy("Reject"), permissions=["operate"])
    def reject(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._decide(request, queryset, Action.REJECT, title=_("Reject items"))

    @admin.action(description=gettext_lazy("Escalate to the leads"), permissions=["operate"])
    def escalate(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._decide(request, queryset, Action.ESCALATE, title=_("Escalate items"))

    def _decide(
        self, request: HttpRequest, queryset: QuerySet[Any], action: str, *, title: str
    ) -> HttpResponse | None:
        if (rows := self.chosen(request, queryset)) is None:
            return None
        user = person(request)
        selection = Selection(ids=[row.analysis_id for row in rows])
        preview = preview_batch(selection=selection, action=action, category="other", by=user)

        def perform(data: dict[str, Any]) -> str:
            batch = decide_batch(selection=selection, action=action, by=user, **data)
            LogEntry.objects.log_actions(
                user_id=user.pk,
                queryset=QueueItem.objects.filter(decisions__batch=batch),
                action_flag=CHANGE,
                change_message=str(Action(action).label),
            )
            told = ngettext("%(count)s item decided.", "%(count)s items decided.", batch.count)
            return told % {"count": batch.count}

        return self.ask(
            request,
            Inquiry(
                title=title,
                consequences=preview.consequences,
                button=title,
                perform=perform,
                rows=rows,
                form=RejectForm if action == Action.REJECT else None,
            ),
        )

    # --- claims and scores ---------------------------------------------------------------------

    @admin.action(description=gettext_lazy("Give back"), permissions=["operate"])
    def release(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        count = release_claims(items=queryset, by=person(request))
        told = ngettext("%(count)s item given back.", "%(count)s items given back.", count)
        self.message_user(request, told % {"count": count}, messages.SUCCESS)

    @admin.action(description=gettext_lazy("Score anew"), permissions=["operate"])
    def rescore(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        if (rows := self.chosen(request, queryset)) is None:
            return
        items = QueueItem.objects.filter(pk__in=[row.pk for row in rows])
        try:
            done = rescore_items(items=items, by=person(request))
        except serving.ModelUnavailable as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        told = ngettext("%(count)s item scored anew.", "%(count)s items scored anew.", done.scored)
        self.message_user(request, told % {"count": done.scored}, messages.SUCCESS)
        if done.failed:
            told = ngettext(
                "%(count)s item could not be scored; it is on the list of texts without a score.",
                "%(count)s items could not be scored; they are on the list of texts without a "
                "score.",
                done.failed,
            )
            self.message_user(request, told % {"count": done.failed}, messages.WARNING)
