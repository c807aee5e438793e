"""What the endpoints of the model take and give."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

from modelops.csv_files import LANGUAGES
from modelops.datasets import CATEGORIES
from modelops.models import Backup, Deployment, Door, ModelVersion, TrainingRun
from modelops.rest.fields import (
    BoundedListField,
    ObjectSerializer,
    OptionalCharField,
    StrictBooleanField,
    StrictChoiceField,
    StrictIntegerField,
    TextField,
)

MAX_DAYS = 36_500
MAX_LABELS = 10_000
MAX_SEED = 2**32 - 1


class WorkerSerializer(serializers.Serializer):
    host = serializers.CharField()
    pid = serializers.IntegerField()
    version = serializers.CharField(allow_null=True)
    generation = serializers.IntegerField()
    converged = serializers.BooleanField()
    error = serializers.CharField(allow_null=True)
    seen_at = serializers.DateTimeField()


class MetadataSerializer(serializers.Serializer):
    training_samples = serializers.IntegerField(required=False)
    model_type = serializers.CharField(required=False)
    vectorizer_features = serializers.IntegerField(required=False)
    last_updated = serializers.CharField(required=False, help_text="UTC: 2026-01-31T10:30:00")


class ModelThresholdsSerializer(serializers.Serializer):
    review = serializers.FloatField()
    block = serializers.FloatField()


class ModelStatusSerializer(serializers.Serializer):
    model_exists = serializers.BooleanField()
    model_age = serializers.CharField(allow_null=True, help_text="“3 días”")
    needs_retraining = serializers.BooleanField()
    metadata = MetadataSerializer()
    backups_count = serializers.IntegerField()
    server_model_loaded = serializers.BooleanField()
    server_model_type = serializers.CharField(allow_null=True)
    version = serializers.CharField(allow_null=True)
    generation = serializers.IntegerField()
    workers = WorkerSerializer(many=True)
    thresholds = serializers.DictField(child=ModelThresholdsSerializer())
    reasons = serializers.ListField(child=serializers.CharField())
    degraded = serializers.BooleanField()


class NeedsRetrainSerializer(serializers.Serializer):
    needs_retraining = serializers.BooleanField()
    model_age_days = serializers.IntegerField(allow_null=True)
    recommendation = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())


# --- versions, backups, deployments ----------------------------------------------------------


class VersionSerializer(serializers.ModelSerializer):
    live = serializers.BooleanField(source="is_live")
    created_at = serializers.DateTimeField(default_timezone=UTC)
    created_by = serializers.CharField(source="created_by.username", allow_null=True, default=None)
    parent = serializers.CharField(  # type: ignore[assignment]
        source="parent.version", allow_null=True, default=None
    )
    base = serializers.CharField(source="base.version", allow_null=True, default=None)
    metadata = serializers.DictField()
    gate = serializers.DictField(help_text="The gate's verdict in figures; empty without one.")

    class Meta:
        model = ModelVersion
        fields = [
            *("version", "state", "origin", "live", "created_at", "created_by", "parent"),
            *("base", "pinned", "forced", "digest", "metadata", "gate"),
        ]


class BackupSerializer(serializers.ModelSerializer):
    version = serializers.CharField(source="version.version")
    created_at = serializers.DateTimeField(default_timezone=UTC)
    created_by = serializers.CharField(source="created_by.username", allow_null=True, default=None)

    class Meta:
        model = Backup
        fields = [
            *("name", "version", "created_at", "size_bytes", "verified", "pinned"),
            *("created_by", "reason"),
        ]


class DeploymentSerializer(serializers.ModelSerializer):
    version = serializers.CharField(source="version.version")
    previous = serializers.CharField(source="previous.version", allow_null=True, default=None)
    created_at = serializers.DateTimeField(default_timezone=UTC)
    by = serializers.CharField(source="by.username", allow_null=True, default=None)

    class Meta:
        model = Deployment
        fields = ["version", "previous", "generation", "created_at", "by", "door", "reason"]


class DeployedSerializer(serializers.Serializer):
    message = serializers.CharField()
    deployment = DeploymentSerializer()


class ReasonSerializer(ObjectSerializer):
    reason = OptionalCharField(
        default="", max_length=500, help_text="Why; kept with the deployment."
    )


class PromoteSerializer(ReasonSerializer):
    force = StrictBooleanField(
        default=False,
        help_text="true: without a backup of what is live, as where its files are damaged.",
    )


class RestoreSerializer(ReasonSerializer):
    hold_back = StrictBooleanField(
        default=False,
        help_text="true: labels that came after the backup's version stay out of training.",
    )


class PinSerializer(ObjectSerializer):
    pinned = StrictBooleanField(default=True)


class VerifiedSerializer(serializers.Serializer):
    message = serializers.CharField()
    backup = BackupSerializer()
    damaged = serializers.ListField(child=serializers.CharField())


# --- runs ------------------------------------------------------------------------------------


class RunSerializer(serializers.Serializer):
    """A run as `run_progress` tells it."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(TrainingRun.Kind.choices)
    state = serializers.ChoiceField(TrainingRun.State.choices)
    progress = serializers.FloatField(min_value=0, max_value=1)
    step = serializers.CharField()
    parameters = serializers.DictField()
    seed = serializers.IntegerField()
    result = serializers.DictField()
    reason = serializers.CharField(help_text="Why it ended as it did.")
    version = serializers.CharField(allow_null=True, help_text="That it made.")
    requested_by = serializers.CharField(allow_null=True)
    door = serializers.ChoiceField(Door.choices)
    created_at = serializers.DateTimeField(default_timezone=UTC)
    started_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    finished_at = serializers.DateTimeField(default_timezone=UTC, allow_null=True)
    cancel_requested = serializers.BooleanField()
    worker_alive = serializers.BooleanField(
        help_text="false: nobody works on queued runs; start `python manage.py run_worker`."
    )


class RunAskedSerializer(RunSerializer):
    message = serializers.CharField()


class LabelsStoredSerializer(serializers.Serializer):
    name = serializers.CharField()
    rows = serializers.IntegerField()
    created = serializers.BooleanField(help_text="false: the same labels were stored before.")
    active = serializers.BooleanField(help_text="false: taken out of training since then.")


class UpdateAskedSerializer(RunAskedSerializer):
    labels = LabelsStoredSerializer(allow_null=True, help_text="Those that came along.")


class RetrainSerializer(ObjectSerializer):
    KINDS = (TrainingRun.Kind.FULL, TrainingRun.Kind.QUICK, TrainingRun.Kind.FORCE)

    kind = StrictChoiceField([(kind.value, kind.label) for kind in KINDS], default="full")
    force = StrictBooleanField(
        default=False, help_text="Has to be true for the kind “force”: no backup, no gate."
    )
    from_scratch = StrictBooleanField(
        default=False, help_text="true: without the base, from the registered datasets alone."
    )
    seed = StrictIntegerField(low=0, high=MAX_SEED, required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        forced = attrs["kind"] == TrainingRun.Kind.FORCE
        if forced and not attrs["force"]:
            message = _("Without backup and gate: say so with “force”: true.")
            raise serializers.ValidationError({"force": [message]})
        if attrs["force"] and not forced:
            message = _("This is only for the kind “force”.")
            raise serializers.ValidationError({"force": [message]})
        if attrs["from_scratch"] and attrs["kind"] == TrainingRun.Kind.QUICK:
            message = _("A quick retraining keeps the live version's features and base.")
            raise serializers.ValidationError({"from_scratch": [message]})
        return attrs


class LabelledTextSerializer(ObjectSerializer):
    text = TextField()
    toxic = StrictBooleanField()
    language = StrictChoiceField(LANGUAGES, required=False, allow_null=True)
    category = StrictChoiceField(CATEGORIES, required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("category") and not attrs["toxic"]:
            message = _("A text that is not toxic has no category.")
            raise serializers.ValidationError({"category": [message]})
        return attrs


class IncrementalUpdateSerializer(ObjectSerializer):
    days = StrictIntegerField(
        low=1,
        high=MAX_DAYS,
        required=False,
        allow_null=True,
        help_text="Of the new labels, only those of so many days join.",
    )
    dry_run = StrictBooleanField(default=False, help_text="true: learn and judge, publish nothing.")
    items = BoundedListField(
        limit=MAX_LABELS,
        required=False,
        child=LabelledTextSerializer(),
        help_text="Labels that come along; they are stored first.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["dry_run"] and attrs.get("items"):
            message = _("A dry run stores nothing: it takes no labels along.")
            raise serializers.ValidationError({"items": [message]})
        return attrs


class BackupMadeSerializer(serializers.Serializer):
    message = serializers.CharField()
    backup_created = serializers.BooleanField()
    backup = BackupSerializer()


class ReloadedSerializer(serializers.Serializer):
    message = serializers.CharField()
    model_loaded = serializers.BooleanField()
    model_type = serializers.CharField()
    version = serializers.CharField()
    generation = serializers.IntegerField()
    workers = WorkerSerializer(many=True)
    repaired = serializers.ListField(child=serializers.CharField())
