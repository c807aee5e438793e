"""/model/backups: list, one, restore, verify, pin, delete; POST /model/backup makes one."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from modelops.models import Backup, Door
from modelops.rest.bodies import taken
from modelops.selectors_versions import listed_backups
from modelops.services.create_backup import create_backup
from modelops.services.delete_backup import delete_backup
from modelops.services.pin import pin_backup
from modelops.services.restore_backup import restore_backup
from modelops.services.verify_backup import verify_backup

from . import serializers
from .common import CONFLICT, PROBLEM, ListView, OperatorView, asker, failures_told


class BackupView(OperatorView):
    @extend_schema(
        tags=["model"],
        request=None,
        responses={200: serializers.BackupMadeSerializer, 503: PROBLEM},
    )
    def post(self, request: Request) -> Response:
        """Back up the live version, verified by hashes and a test load."""
        with failures_told(_("Error creating the backup")):
            backup = create_backup(
                by=asker(request), reason=_("Asked for by the API"), door=Door.API
            )
        answer = {
            "message": _("Backup created successfully"),
            "backup_created": True,
            "backup": backup,
        }
        return Response(serializers.BackupMadeSerializer(answer).data)

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        response.data["backup_created"] = False
        return response


class BackupListView(ListView):
    serializer_class = serializers.BackupSerializer

    def rows(self) -> QuerySet[Any]:
        return listed_backups()

    @extend_schema(
        operation_id="model_backups",
        tags=["model"],
        responses=serializers.BackupSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """The backups that there are, newest first."""
        return self.listed(request)


class OneBackupView(OperatorView):
    @extend_schema(
        operation_id="model_backup_one", tags=["model"], responses=serializers.BackupSerializer
    )
    def get(self, request: Request, name: str) -> Response:
        """One backup."""
        backup = get_object_or_404(listed_backups(), name=name)
        return Response(serializers.BackupSerializer(backup).data)

    @extend_schema(
        operation_id="model_backup_delete",
        tags=["model"],
        responses={204: None, 409: CONFLICT, 503: PROBLEM},
    )
    def delete(self, request: Request, name: str) -> Response:
        """Delete a backup's files and its row."""
        backup = get_object_or_404(Backup, name=name)
        with failures_told(_("Error deleting the backup")):
            delete_backup(backup=backup, by=asker(request), door=Door.API)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RestoreView(OperatorView):
    @extend_schema(
        operation_id="model_backup_restore",
        tags=["model"],
        request=serializers.RestoreSerializer,
        examples=[
            OpenApiExample(
                "restore",
                {"hold_back": True, "reason": "The last labels were wrong"},
                request_only=True,
            )
        ],
        responses={200: serializers.DeployedSerializer, 409: CONFLICT, 503: PROBLEM},
    )
    def post(self, request: Request, name: str) -> Response:
        """Make the backup's version live again, after a backup of the one that is."""
        backup = get_object_or_404(listed_backups(), name=name)
        given = taken(serializers.RestoreSerializer, request)
        with failures_told(_("Error restoring the backup")):
            deployment = restore_backup(
                backup=backup,
                by=asker(request),
                reason=given["reason"] or _("Asked for by the API"),
                door=Door.API,
                hold_back=given["hold_back"],
            )
        names = {"version": deployment.version.version, "backup": backup.name}
        message = _("Version %(version)s is live again, from backup %(backup)s") % names
        answer = {"message": message, "deployment": deployment}
        return Response(serializers.DeployedSerializer(answer).data)


class VerifyView(OperatorView):
    @extend_schema(
        operation_id="model_backup_verify",
        tags=["model"],
        request=None,
        responses={200: serializers.VerifiedSerializer, 503: PROBLEM},
    )
    def post(self, request: Request, name: str) -> Response:
        """Check a backup's files by their digests and a test load."""
        backup = get_object_or_404(listed_backups(), name=name)
        with failures_told(_("Error verifying the backup")):
            damaged = verify_backup(backup=backup, by=asker(request), door=Door.API)
        backup.refresh_from_db()
        message = _("The backup is damaged") if damaged else _("The backup is intact")
        answer = {"message": message, "backup": backup, "damaged": damaged}
        return Response(serializers.VerifiedSerializer(answer).data)


class PinView(OperatorView):
    @extend_schema(
        operation_id="model_backup_pin",
        tags=["model"],
        request=serializers.PinSerializer,
        examples=[OpenApiExample("pin", {"pinned": True}, request_only=True)],
        responses={200: serializers.BackupSerializer, 503: PROBLEM},
    )
    def post(self, request: Request, name: str) -> Response:
        """Keep a backup when older ones go, or let it go with them."""
        backup = get_object_or_404(listed_backups(), name=name)
        pinned = taken(serializers.PinSerializer, request)["pinned"]
        with failures_told(_("Error pinning the backup")):
            pin_backup(backup=backup, pinned=pinned, by=asker(request), door=Door.API)
        backup.refresh_from_db()
        return Response(serializers.BackupSerializer(backup).data)
