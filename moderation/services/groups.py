"""The groups that a site starts with."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

_INTEGRATIONS = ["moderation.analyze_text"]
_MODERATORS = [*_INTEGRATIONS, "moderation.view_analysis", "moderation.review_analysis"]
_LEADS = [
    *_MODERATORS,
    "moderation.export",
    "moderation.erase",
    "moderation.take_over",
    "moderation.manage_terms",
    "moderation.manage_policy",
    "moderation.manage_team",
    # what no new model may get wrong
    "modelops.view_mustpasssentence",
    "modelops.add_mustpasssentence",
    "modelops.change_mustpasssentence",
    "modelops.delete_mustpasssentence",
]
GROUPS = {
    "Integrations": _INTEGRATIONS,
    "Moderators": _MODERATORS,
    "Leads": _LEADS,
    "Operators": ["modelops.operate_model"],
}


@transaction.atomic
def create_groups() -> list[str]:
    """Make the groups that are missing, with their permissions. Returns the names of new ones.

    A group that exists keeps what permissions it has and gets those that it lacks. Raises
    LookupError when a permission is not in the database (`migrate` puts it there).
    """
    created = []
    for name, wanted in GROUPS.items():
        chosen = Q()
        for permission in wanted:
            app, codename = permission.split(".")
            chosen |= Q(content_type__app_label=app, codename=codename)
        permissions = Permission.objects.filter(chosen)
        if len(permissions) != len(wanted):
            raise LookupError(f"a permission is missing of {wanted}")
        group, new = Group.objects.get_or_create(name=name)
        group.permissions.add(*permissions)
        if new:
            created.append(name)
    return created
