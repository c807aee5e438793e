"""Permissions of the endpoints, by the names of Django's permissions."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView


def holds(*permissions: str) -> type[BasePermission]:
    """Whoever holds at least one of `permissions`."""

    class Holds(BasePermission):
        @property
        def message(self) -> str:
            return _("This needs the permission %(permission)s.") % {
                "permission": " / ".join(permissions)
            }

        def has_permission(self, request: Request, view: APIView) -> Any:
            return request.user.is_authenticated and any(map(request.user.has_perm, permissions))

    return Holds
