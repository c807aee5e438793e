"""What the endpoints of the model share."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

PERMISSION = "modelops.operate_model"


class MayOperateModel(BasePermission):
    @property
    def message(self) -> str:
        return _("This needs the permission %(permission)s.") % {"permission": PERMISSION}

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.has_perm(PERMISSION)


class Unavailable(APIException):
    """503. `extra` are members of the problem besides the standard ones."""

    status_code = 503

    def __init__(self, detail: str, **extra: Any) -> None:
        super().__init__(detail)
        self.extra = extra
