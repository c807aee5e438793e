"""What the endpoints of webhooks and of erasing take and give."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from modelops.rest.fields import (
    ObjectSerializer,
    OptionalCharField,
    StrictBooleanField,
    StrictCharField,
)
from moderation.forms_team import LONGEST_REASON
from moderation.models import Webhook
from moderation.selectors_webhooks import possible_owners


class WebhookSerializer(serializers.ModelSerializer):
    owner = serializers.CharField(source="owner.username", help_text=_("The integration."))
    by = serializers.CharField(source="by.username", help_text=_("Who added it."))
    created_at = serializers.DateTimeField(default_timezone=UTC)

    class Meta:
        model = Webhook
        fields = ["id", "owner", "url", "by", "created_at"]


class NewWebhookSerializer(WebhookSerializer):
    secret = serializers.CharField(help_text=_("Key of the signatures; shown only now."))

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]


class AddWebhookSerializer(ObjectSerializer):
    owner = StrictCharField(
        max_length=150, help_text=_("Name of the account whose analyses it is about.")
    )
    url = StrictCharField(max_length=2000, help_text=_("Beginning with https://."))

    def validate_owner(self, name: str) -> Any:
        owner = possible_owners().filter(username=name).first()
        if owner is None:
            raise serializers.ValidationError(_("No open account that may analyse texts."))
        return owner


class TrialSerializer(serializers.Serializer):
    taken = serializers.BooleanField()
    status = serializers.IntegerField(allow_null=True, help_text=_("Of the answer, if any."))
    problem = serializers.CharField(help_text=_("A code; empty when it was taken."))
    detail = serializers.CharField(help_text=_("The problem in words."))


class EraseAuthorSerializer(ObjectSerializer):
    author = StrictCharField(max_length=200, help_text=_("The exact name."))
    source = OptionalCharField(max_length=100)  # type: ignore[assignment]
    reason = OptionalCharField(
        max_length=LONGEST_REASON,
        help_text=_("For the journal, without the author's name. Needed unless `dry_run`."),
    )
    dry_run = StrictBooleanField(required=False, help_text=_("true: only count."))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("dry_run") and not attrs.get("reason", "").strip():
            raise serializers.ValidationError({"reason": [_("Say why: the journal keeps it.")]})
        return attrs


class ErasedSerializer(serializers.Serializer):
    """What was erased, or would be."""

    count = serializers.IntegerField(help_text=_("Analyses."))
    dry_run = serializers.BooleanField()
