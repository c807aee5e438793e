from __future__ import annotations

import json
import os
import secrets
from typing import Any

from django.contrib.auth.models import Group, User
from django.core.management.base import CommandError, CommandParser
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops.errors import OperationFailed
from modelops.management.site_command import SiteCommand
from modelops.services.publish_starter import publish_starter
from moderation.policy import current_policy
from moderation.services import create_groups, ensure_starter_terms

USERS = {
    "admin": "TOXIGUARD_ADMIN_PASSWORD",
    "moderador": "TOXIGUARD_MODERATOR_PASSWORD",
}


class Command(SiteCommand):
    requires_system_checks = "__all__"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _(
            "Prepare the site: groups, policy, the project's own term lists, the starter model as "
            "version 1.0.0, a superuser “admin” and a moderator “moderador”. Run again, it adds "
            "only what is missing. Passwords come from TOXIGUARD_ADMIN_PASSWORD and "
            "TOXIGUARD_MODERATOR_PASSWORD, else they are generated and printed once."
        )
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        self._check_migrations()
        groups = create_groups()
        passwords = _create_users()
        current_policy()
        terms = ensure_starter_terms()
        try:
            version = publish_starter()
        except OperationFailed as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            report = {
                "groups": groups,
                "users": list(passwords),
                "passwords": {name: word for name, word in passwords.items() if word},
                "terms": terms,
                "version": version.version,
            }
            self.stdout.write(json.dumps(report, ensure_ascii=False))
            return
        self._print(groups, terms, passwords, version.version)

    def _check_migrations(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError(
                _("The database is not up to date. Run “python manage.py migrate” first.")
            )

    def _print(
        self, groups: list[str], terms: int, passwords: dict[str, str], version: str
    ) -> None:
        if groups:
            self.stdout.write(_("Groups made: %(names)s") % {"names": ", ".join(groups)})
        if terms:
            self.stdout.write(
                ngettext("%(count)s term added", "%(count)s terms added", terms) % {"count": terms}
            )
        for name in USERS:
            line = {"name": name, "password": passwords.get(name, ""), "variable": USERS[name]}
            if name not in passwords:
                self.stdout.write(_("User %(name)s: is there already") % line)
            elif line["password"]:
                self.stdout.write(
                    _("User %(name)s made, password: %(password)s (shown only now)") % line
                )
            else:
                self.stdout.write(_("User %(name)s made, password from %(variable)s") % line)
        self.stdout.write(_("Ready. Live model: %(version)s") % {"version": version})


@transaction.atomic
def _create_users() -> dict[str, str]:
    """Make the users that are missing. Returns their generated passwords, "" for given ones."""
    passwords = {}
    for name, variable in USERS.items():
        if User.objects.filter(username=name).exists():
            continue
        given = os.environ.get(variable, "")
        password = given or secrets.token_urlsafe(12)
        if name == "admin":
            User.objects.create_superuser(name, password=password)
        else:
            user = User.objects.create_user(name, password=password)
            user.groups.add(Group.objects.get(name="Moderators"))
        passwords[name] = "" if given else password
    return passwords
