"""Users of every role, their tokens, and a live model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.signals import request_started
from rest_framework.test import APIClient

from modelops import serving
from modelops.models import LivePointer
from modelops.services.publish_starter import publish_starter
from moderation.models import Analysis
from moderation.services import AnalysisInput, analyze_texts, create_groups, issue_token
from tests.published import PublishedOnce

TOXIC = "Eres un idiota"
KIND = "Muchas gracias por la ayuda"


@pytest.fixture(autouse=True, scope="session")
def no_follower() -> None:
    """The thread that follows the live version does not see the transaction of a test."""
    request_started.disconnect(dispatch_uid="modelops.follower")


class JSONClient(APIClient):
    default_format = "json"


@pytest.fixture(scope="session")
def starter() -> PublishedOnce:
    return PublishedOnce(publish_starter)


@pytest.fixture
def live_model(db: None, starter: PublishedOnce) -> None:
    """The starter, live and loaded by this process."""
    starter()


@pytest.fixture
def no_model(db: None) -> None:
    """A site before `bootstrap`."""
    LivePointer.objects.all().delete()
    serving.look_again()


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    def make(name: str, *groups: str, **kwargs: Any) -> User:
        create_groups()
        user = User.objects.create_user(name, password="x", **kwargs)
        user.groups.add(*Group.objects.filter(name__in=groups))
        return user

    return make


@pytest.fixture
def integration(make_user: Callable[..., User]) -> User:
    return make_user("integration", "Integrations")


@pytest.fixture
def moderator(make_user: Callable[..., User]) -> User:
    return make_user("moderator", "Moderators")


@pytest.fixture
def lead(make_user: Callable[..., User]) -> User:
    return make_user("lead", "Leads")


@pytest.fixture
def api_as() -> Callable[..., JSONClient]:
    """A client with the user's token; unexpected errors are answers, as on a running site."""

    def make(user: User | None = None, prefix: str = "Token", language: str = "en") -> JSONClient:
        client = JSONClient(raise_request_exception=False)
        headers = {"HTTP_ACCEPT_LANGUAGE": language}
        if user:
            headers["HTTP_AUTHORIZATION"] = f"{prefix} {issue_token(user=user)}"
        client.credentials(**headers)
        return client

    return make


@pytest.fixture
def analyses(live_model: None) -> Callable[..., list[Analysis]]:
    """Store texts, as `by` would."""

    def make(*texts: str | AnalysisInput, by: User | None = None) -> list[Analysis]:
        items = [AnalysisInput(text=t) if isinstance(t, str) else t for t in texts]
        return [outcome.record for outcome in analyze_texts(items=items, by=by)]

    return make
