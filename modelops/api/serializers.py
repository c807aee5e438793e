"""Shapes of the answers, for the schema."""

from __future__ import annotations

from rest_framework import serializers


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
    last_updated = serializers.DateTimeField(required=False, help_text="UTC")


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


class BackupSerializer(serializers.Serializer):
    name = serializers.CharField()
    version = serializers.CharField(source="version.version")
    created_at = serializers.DateTimeField()
    size_bytes = serializers.IntegerField()
    verified = serializers.BooleanField()


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
