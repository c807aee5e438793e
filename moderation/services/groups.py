"""The groups that a site starts with."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

_INTEGRATIONS = ["moderation.analyze_text"]
_MODERATORS = [*_INTEGRATIONS, "moderation.view_analysis", "moderation.review_analysis"]
_LEADS = [*_MODERATORS, "moderation.export", "moderation.erase"]
GROUPS = {
    "Integrations": _INTEGRATIONS,
    "Moderators": _MODERATORS,
    "Leads": _LEADS,
    "Operators": ["modelops.operate_model"],
}


@transaction.atomic
def create_groups() -> list[str]:
    """Make the groups that are missing, with their permissions. Returns the names of new ones.

    A group that exists keeps the permissions that it has and gets those it lacks.
    """
    created = []
    for name, wanted in GROUPS.items():
        group, new = Group.objects.get_or_create(name=name)
        pairs = (permission.split(".") for permission in wanted)
        chosen = Q()
        for app, codename in pairs:
            chosen |= Q(content_type__app_label=app, codename=codename)
        group.permissions.add(*Permission.objects.filter(chosen))
        if new:
            created.append(name)
    return created
