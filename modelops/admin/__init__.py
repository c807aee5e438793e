"""Read-only lists of what there is. The files behind the rows belong to the store."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_lazy as _

from modelops.models import Backup, Dataset, Deployment, LivePointer, ModelVersion, ServerWorker


class ReadOnlyAdmin(admin.ModelAdmin):
    """Operators look; services write."""

    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("modelops.operate_model")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("modelops.operate_model")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(ModelVersion)
class ModelVersionAdmin(ReadOnlyAdmin):
    list_display = ["version", "live", "state", "origin", "created_at", "created_by", "samples"]
    list_filter = ["state", "origin"]
    search_fields = ["version", "digest"]
    list_select_related = ["created_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        pointers = LivePointer.objects.filter(version=OuterRef("pk"))
        return super().get_queryset(request).annotate(is_live=Exists(pointers))

    @admin.display(description=_("live"), boolean=True)
    def live(self, version: ModelVersion) -> bool:
        return bool(getattr(version, "is_live", False))

    @admin.display(description=_("training texts"))
    def samples(self, version: ModelVersion) -> int | None:
        return version.metadata.get("training_samples")


@admin.register(Backup)
class BackupAdmin(ReadOnlyAdmin):
    list_display = ["name", "version", "size", "verified", "pinned", "created_by", "reason"]
    list_filter = ["verified", "pinned"]
    search_fields = ["name", "version__version", "reason"]
    list_select_related = ["version", "created_by"]

    @admin.display(description=_("size"), ordering="size_bytes")
    def size(self, backup: Backup) -> str:
        return filesizeformat(backup.size_bytes)


@admin.register(Deployment)
class DeploymentAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "version", "previous", "generation", "by", "reason"]
    search_fields = ["version__version", "reason"]
    list_select_related = ["version", "previous", "by"]


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    list_display = ["name", "rows", "toxic_rows", "split", "active", "licence", "created_at"]
    list_filter = ["split", "active"]
    search_fields = ["name", "source", "licence"]


@admin.register(ServerWorker)
class ServerWorkerAdmin(ReadOnlyAdmin):
    list_display = ["host", "pid", "version", "generation", "error", "seen_at"]
