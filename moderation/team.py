"""Who may manage whom: never an account or a group with more permissions than one's own."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext_lazy as _

REVIEW = "moderation.review_analysis"
_NAMES = {  # of the groups that a site starts with; it may rename them
    "Integrations": _("Integrations"),
    "Moderators": _("Moderators"),
    "Leads": _("Leads"),
    "Operators": _("Operators"),
}


def group_name(group: Group) -> str:
    """The group's name in the reader's language, where it is one that every site has."""
    return str(_NAMES.get(group.name, group.name))


def grantable_groups(user: User) -> list[Group]:
    """The groups that `user` may put somebody into, by name: all of their permissions are his."""
    own = user.get_all_permissions()
    groups = Group.objects.prefetch_related(_permissions()).order_by("name")
    return [group for group in groups if _names(group.permissions.all()) <= own]


def members() -> QuerySet[User]:
    """All accounts, with what `manages` looks at, in two or three queries."""
    groups = Group.objects.prefetch_related(_permissions())
    return (
        User.objects.order_by("-is_active", "username")
        .prefetch_related(Prefetch("groups", groups))
        .prefetch_related(_permissions("user_permissions"))
    )


def manages(user: User, member: User) -> bool:
    """Whether `user` may change `member`'s groups, close the account or end its tokens."""
    if user.is_superuser:
        return True
    if member.is_superuser or member.is_staff:
        return False
    return held_by(member) <= user.get_all_permissions()


def held_by(member: User) -> set[str]:
    """The member's permissions, also while the account is closed (Django then names none).

    From what `members` fetched, else by one query.
    """
    if not hasattr(member, "_prefetched_objects_cache"):
        own = Permission.objects.filter(Q(user=member) | Q(group__user=member))
        return _names(own.select_related("content_type"))
    names = _names(member.user_permissions.all())
    for group in member.groups.all():
        names |= _names(group.permissions.all())
    return names


def may_issue_token(user: User, member: User) -> bool:
    """Tokens are for oneself and for integrations: nobody decides under another's name."""
    if not member.is_active:
        return False
    if user.pk == member.pk:
        return True
    integration = not member.is_superuser and not member.is_staff and REVIEW not in held_by(member)
    return integration and manages(user, member)


def _permissions(field: str = "permissions") -> Prefetch:
    return Prefetch(field, Permission.objects.select_related("content_type"))


def _names(permissions: Iterable[Permission]) -> set[str]:
    return {f"{p.content_type.app_label}.{p.codename}" for p in permissions}
