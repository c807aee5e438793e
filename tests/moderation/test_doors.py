"""Who gets through which door of the workbench: one row per door and role.

A door opens where it is answered as asked; else nobody is sent to log in (401 from the API), and
whoever lacks the permission gets 403. What is behind the doors is tested where it is built.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from moderation import policy
from moderation.models import (
    Analysis,
    DecisionBatch,
    Invitation,
    QueueItem,
    ReviewDecision,
    Term,
    UnscoredText,
    Webhook,
)
from moderation.selectors_queue import open_item
from moderation.services import create_groups, issue_token
from moderation.services.decide_batch import Selection, decide_batch
from moderation.services.decide_item import decide_item
from tests.moderation.items import stored, waiting

GROUPS = {
    "integration": "Integrations",
    "moderator": "Moderators",
    "lead": "Leads",
    "operator": "Operators",
}
ROLES = ("anonymous", *GROUPS, "admin")
ANALYSERS = {"integration", "moderator", "lead", "admin"}
REVIEWERS = {"moderator", "lead", "admin"}
LEADS = {"lead", "admin"}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OPEN = (200, 201, 202, 204, 302)

# (method, address, body), who gets through. The analysis is the integration's own, or anybody's
# for those who see all of them.
Door = tuple[str, str, str]
QUEUE: dict[Door, set[str]] = {
    ("GET", "/api/queue", ""): REVIEWERS,
    ("POST", "/api/analyses/{analysis}/claim", "{}"): REVIEWERS,
    ("DELETE", "/api/analyses/{analysis}/claim", ""): REVIEWERS,
    ("POST", "/api/analyses/{analysis}/decision", '{"action": "approve"}'): REVIEWERS,
    ("GET", "/api/analyses/{analysis}/decisions", ""): ANALYSERS,
    ("POST", "/api/analyses/batch-decision", '{"ids": [{analysis}], "action": "approve"}'): (
        REVIEWERS
    ),
    ("POST", "/api/analyses/{decided}/appeal", '{"text": "Era una cita"}'): ANALYSERS,
    ("POST", "/api/analyses/{analysis}/report", "{}"): ANALYSERS,
    ("POST", "/api/decisions/{decision}/undo", ""): REVIEWERS,
    ("POST", "/api/batches/{batch}/undo", ""): REVIEWERS,
    ("GET", "/queue/", ""): REVIEWERS,
    ("GET", "/queue/next/", ""): REVIEWERS,
    ("GET", "/queue/rows/", ""): REVIEWERS,
    ("POST", "/queue/live/", ""): REVIEWERS,
    ("GET", "/queue/{item}/", ""): REVIEWERS,
    ("POST", "/queue/{item}/decide/", "action=approve"): REVIEWERS,
    ("POST", "/queue/{item}/claim/", ""): REVIEWERS,
    ("POST", "/queue/{item}/release/", "until="): REVIEWERS,
    ("POST", "/queue/{item}/note/", "text=hola"): REVIEWERS,
    ("POST", "/queue/batch/", "analysis={analysis}&action=approve"): REVIEWERS,
    ("POST", "/queue/batches/{batch}/undo/", ""): REVIEWERS,
    ("GET", "/queue/decisions/", ""): REVIEWERS,
    ("POST", "/queue/decisions/{decision}/undo/", ""): REVIEWERS,
    ("GET", "/queue/unscored/", ""): REVIEWERS,
    ("POST", "/queue/unscored/{unscored}/", "action=dismiss"): REVIEWERS,
    ("GET", "/queue/settings/", ""): REVIEWERS,
    ("POST", "/queue/settings/blur/", ""): REVIEWERS,
    ("POST", "/history/{decided}/appeal/", "text=hola"): REVIEWERS,
}
RULES: dict[Door, set[str]] = {
    ("GET", "/api/terms", ""): LEADS,
    ("POST", "/api/terms", '{"pattern": "spam", "action": "flag", "reason": "anuncios"}'): LEADS,
    ("DELETE", "/api/terms/{term}", ""): LEADS,
    ("GET", "/api/policy", ""): REVIEWERS,
    ("GET", "/terms/", ""): LEADS,
    ("POST", "/terms/", "pattern=oferta&match=word&action=flag&reason=anuncios"): LEADS,
    ("POST", "/terms/{term}/remove/", ""): LEADS,
    ("GET", "/policy/", ""): REVIEWERS,
    ("GET", "/policy/1/", ""): REVIEWERS,
    ("GET", "/policy/edit/", ""): LEADS,
    ("GET", "/api/suggestions", ""): LEADS,
    ("POST", "/api/suggestions/settle", '{"ids": [1], "accept": true}'): LEADS,
}
TEAM: dict[Door, set[str]] = {
    ("GET", "/team/", ""): LEADS,
    ("GET", "/team/chart/versions.svg?v=1.0.0:3/4", ""): LEADS,
    ("GET", "/team/members/", ""): LEADS,
    ("GET", "/team/members/{member}/", ""): LEADS,
    ("POST", "/team/members/{member}/groups/", ""): LEADS,
    ("POST", "/team/members/{member}/close/", ""): LEADS,
    ("POST", "/team/members/{member}/open/", ""): LEADS,
    ("POST", "/team/members/{member}/token/", ""): LEADS,
    ("POST", "/team/members/{member}/revoke/", ""): LEADS,
    ("GET", "/team/invite/", ""): LEADS,
    ("POST", "/team/invitations/{invitation}/withdraw/", ""): LEADS,
    ("GET", "/team/webhooks/", ""): LEADS,
    ("GET", "/team/webhooks/{webhook}/", ""): LEADS,
    ("POST", "/team/webhooks/{webhook}/test/", ""): LEADS,
    ("GET", "/team/webhooks/{webhook}/secret/", ""): LEADS,
    ("POST", "/team/webhooks/{webhook}/again/", ""): LEADS,
    ("GET", "/team/webhooks/{webhook}/remove/", ""): LEADS,
    ("GET", "/team/suggestions/", ""): LEADS,
    ("POST", "/team/suggestions/", "ids=1&reject=1"): LEADS,
    ("GET", "/team/data/", ""): LEADS,
    ("GET", "/team/data/decisions.csv", ""): LEADS,
    ("GET", "/team/data/erase/?author=ana", ""): LEADS,
    ("GET", "/api/webhooks", ""): LEADS,
    ("POST", "/api/webhooks", '{"owner": "integration", "url": "https://93.184.216.34/"}'): LEADS,
    ("DELETE", "/api/webhooks/{webhook}", ""): LEADS,
    ("POST", "/api/webhooks/{webhook}/secret", ""): LEADS,
    ("POST", "/api/webhooks/{webhook}/test", ""): LEADS,
    ("GET", "/api/exports/decisions", ""): LEADS,
    ("POST", "/api/authors/erase", '{"author": "ana", "reason": "lo pide"}'): LEADS,
}
# The first ToxiGuard's paths, by token and in its form.
FIRST: dict[Door, set[str]] = {
    ("GET", "/history", ""): ANALYSERS,
    ("GET", "/history/stats", ""): ANALYSERS,
    ("GET", "/history/search?q=idiota", ""): ANALYSERS,
    ("DELETE", "/history/{analysis}", ""): LEADS,
    ("DELETE", "/history", ""): LEADS,
    ("GET", "/keywords", ""): LEADS,
    ("POST", "/keywords/add?keyword=oferta", ""): LEADS,
    ("DELETE", "/keywords/remove?keyword=otro", ""): LEADS,
    ("GET", "/categories", ""): ANALYSERS,
    ("GET", "/ml/status", ""): {*ANALYSERS, "operator"},
}
AREAS = {"queue": QUEUE, "rules": RULES, "team": TEAM}
DOORS = QUEUE | RULES | TEAM
# Doors that the tests of the history, or a test of their own, go through.
ELSEWHERE = {
    "analyse", "history", "chart", "export", "erase_shown", "analysis", "label", "erase", "join",
    "analyze", "analyze-batch", "analyses", "stats",
}  # fmt: skip


class World:
    """One of each thing that a door can be about, and a browser for each role."""

    def __init__(self) -> None:
        create_groups()
        self.users = {
            role: User.objects.create_user(role, is_superuser=role == "admin")
            for role in ROLES
            if role != "anonymous"
        }
        for role, group in GROUPS.items():
            self.users[role].groups.add(Group.objects.get(name=group))
        self.member = User.objects.create_user("member")
        self.owner, judge = self.users["integration"], self.users["admin"]
        self.analysis = stored("Eres un idiota", owner=self.owner)
        self.decided = self._decided("Eres un cretino").analysis
        self.term = Term.objects.create(
            pattern="spam", normalized="otro", action="flag", reason="anuncios"
        )
        self.unscored = UnscoredText.objects.create(text="hola", problem="failed")
        self.webhook = Webhook.objects.create(
            owner=self.owner, url="https://192.0.2.1/", secret="ab" * 32, by=judge
        )
        self.invitation = Invitation.objects.create(
            secret_digest="x", by=judge, expires_at=timezone.now()
        )
        policy.current_policy()

    def _decided(self, text: str, by: User | None = None) -> ReviewDecision:
        item = waiting(text, owner=self.owner)
        judge = by or User.objects.create_user("judge")
        return decide_item(item=item, action="reject", category="insult", by=judge)

    def address(self, path: str, role: str) -> str:
        """With numbers; what somebody undoes is his own."""
        user = self.users.get(role, self.users["moderator"])
        item = open_item(self.analysis)
        assert isinstance(item, QueueItem)
        known: dict[str, Any] = {
            "analysis": self.analysis.pk,
            "decided": self.decided.pk,
            "item": item.pk,
            "term": self.term.pk,
            "unscored": self.unscored.pk,
            "webhook": self.webhook.pk,
            "invitation": self.invitation.pk,
            "member": self.member.pk,
        }
        if "{decision}" in path:
            known["decision"] = self._decided("Menudo idiota", user).pk
        if "{batch}" in path:
            selection = Selection(ids=[stored("Vaya idiota", owner=self.owner).pk])
            known["batch"] = decide_batch(selection=selection, action="approve", by=user).pk
        for name, number in known.items():
            path = path.replace(f"{{{name}}}", str(number))
        return path


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def browsers(world: World) -> dict[str, Client]:
    """One for each role."""
    found = {role: Client() for role in ROLES}
    for role, user in world.users.items():
        found[role].force_login(user)
    return found


def knock(client: Client, world: World, door: Door, role: str) -> Any:
    method, path, body = door
    send = getattr(client, method.lower())
    path, body = world.address(path, role), world.address(body, role)
    if method == "GET":
        return send(path)
    if path.startswith("/api/"):
        return send(path, body, content_type="application/json")
    return send(path, body, content_type="application/x-www-form-urlencoded")


@pytest.mark.parametrize("area", AREAS)
def test_each_door_opens_for_its_roles_only(
    area: str, world: World, browsers: dict[str, Client]
) -> None:
    wrong = []
    for door, roles in AREAS[area].items():
        for role, client in browsers.items():
            before = _rows()
            with transaction.atomic():
                answer = knock(client, world, door, role)
                changed = _rows() != before
                transaction.set_rollback(True)
            # (some decide on something first, that is then to be undone)
            made = "{decision}" in door[1] or "{batch}" in door[1]
            shut = role not in roles
            if not _as_expected(answer, door, role, shut=shut) or (shut and changed and not made):
                wrong.append((door, role, answer.status_code, changed, answer.content[:300]))
    assert not wrong


def test_the_first_toxiguards_doors_open_for_the_same_roles(world: World) -> None:
    tokens = {role: f"Token {issue_token(user=user)}" for role, user in world.users.items()}
    wrong = []
    for door, roles in FIRST.items():
        for role in ROLES:
            headers = {"Authorization": tokens[role]} if role in tokens else {}
            before = (*_rows(), Analysis.objects.filter(text="").count())
            with transaction.atomic():
                send = getattr(Client(headers=headers), door[0].lower())
                answer = send(world.address(door[1], role))
                changed = (*_rows(), Analysis.objects.filter(text="").count()) != before
                transaction.set_rollback(True)
            status = 200 if role in roles else (401 if role == "anonymous" else 403)
            if answer.status_code != status or (status != 200 and (changed or not _told(answer))):
                wrong.append((door, role, answer.status_code, changed, answer.content[:300]))
    assert not wrong


def _told(answer: Any) -> bool:
    return answer.json().keys() == {"detail"}


def _as_expected(answer: Any, door: Door, role: str, *, shut: bool) -> bool:
    api, place = door[1].startswith("/api/"), answer.headers.get("Location", "")
    if not shut:
        return answer.status_code in OPEN and "/login/" not in place
    if role == "anonymous" and not api:
        return answer.status_code == 302 and place.startswith("/login/")
    problem = not api or answer.headers["Content-Type"] == "application/problem+json"
    return problem and answer.status_code == (401 if role == "anonymous" else 403)


def _rows() -> tuple[int, ...]:
    models = (Analysis, ReviewDecision, DecisionBatch, QueueItem, Term, Webhook, Invitation, User)
    return tuple(model.objects.count() for model in models)


def test_the_table_above_has_every_door() -> None:
    routes = list(_routes(get_resolver().url_patterns))
    tested = [(method, path.partition("?")[0]) for method, path, _body in DOORS]
    for route in routes:
        if route.name in ELSEWHERE:
            continue
        methods = {method for method, path in tested if _fits(route, path)}
        assert methods, route
        endpoint = getattr(route.callback, "cls", None)  # pages say in their tests what they take
        missing = {method for method in METHODS if hasattr(endpoint, method.lower())} - methods
        assert not missing, (route, missing)


def _routes(patterns: list[Any], within: bool = False) -> Iterator[URLPattern]:
    for one in patterns:
        if isinstance(one, URLResolver):
            inside = within or one.namespace in ("moderation", "api")
            yield from _routes(one.url_patterns, inside)
        elif within:
            yield one


def _fits(route: URLPattern, path: str) -> bool:
    shown = "".join("1" if part.startswith("<int") else part for part in _parts(str(route.pattern)))
    sample = path.removeprefix("/api/").removeprefix("/")
    for name in ("analysis", "decided", "item", "decision", "batch", "term", "unscored", "webhook"):
        sample = sample.replace(f"{{{name}}}", "1")
    sample = sample.replace("{member}", "1").replace("{invitation}", "1")
    if "<slug" in shown:
        before, _, after = shown.partition("<slug:name>")
        return sample.startswith(before) and sample.endswith(after)
    return sample == shown


def _parts(pattern: str) -> list[str]:
    return [
        part
        for piece in pattern.replace("<int:", "\0<int:").split("\0")
        for part in (piece.split(">", 1) if piece.startswith("<int") else [piece])
    ]


def test_forms_without_a_csrf_token_are_refused(world: World) -> None:
    for door, roles in DOORS.items():
        method, path, _body = door
        if method != "POST" or "lead" not in roles or path.startswith("/api/"):
            continue
        client = Client(enforce_csrf_checks=True)
        client.force_login(world.users["lead"])
        before = _rows()
        with transaction.atomic():
            status = knock(client, world, door, "anonymous").status_code
            transaction.set_rollback(True)
        assert status == 403, path
        assert _rows() == before


def test_bodies_of_the_api_are_json(world: World) -> None:
    client = Client()
    client.force_login(world.users["admin"])
    for method, path, body in DOORS:
        if method == "POST" and path.startswith("/api/") and body:
            address = world.address(path, "admin")
            for wrong, kind, status in (
                (body, "text/plain", 415), ("{", "application/json", 400),
                (json.dumps([1]), "application/json", 400),
                ('{"unknown": 1}', "application/json", 400),
            ):  # fmt: skip
                answer = client.post(address, wrong, content_type=kind)
                assert answer.status_code == status, (path, wrong)
                assert answer["Content-Type"] == "application/problem+json"
