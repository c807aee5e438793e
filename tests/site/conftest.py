"""A site with a live model, people of every role, and browsers that they are logged in with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Group, User
from django.core.signals import request_started
from django.test import Client
from pytest_django import Settings

from modelops import serving
from modelops.models import LivePointer, ModelVersion
from modelops.services.promote_version import promote_version
from modelops.services.publish_version import publish_version
from moderation.models import Analysis
from moderation.services import AnalysisInput, analyze_texts, create_groups
from tests.modelops.models import write_small_model
from tests.published import PublishedOnce

ROLES = {
    "integration": "Integrations",
    "moderator": "Moderators",
    "lead": "Leads",
    "operator": "Operators",
}


@pytest.fixture(autouse=True, scope="session")
def no_follower() -> None:
    """The thread that follows the live version does not see the transaction of a test."""
    request_started.disconnect(dispatch_uid="modelops.follower")


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="session")
def small_one(model_folder: Path) -> PublishedOnce:
    def publish() -> None:
        version = publish_version(
            numeric=write_small_model(model_folder / "numeric"),
            version="1.0.0",
            origin=ModelVersion.Origin.STARTER,
            by=None,
        )
        promote_version(version=version, by=None, reason="test")

    return PublishedOnce(publish)


@pytest.fixture
def live_model(
    db: None, settings: Settings, model_folder: Path, small_one: PublishedOnce
) -> ModelVersion:
    """A small model ("idiota" and "stupid" are toxic), live."""
    settings.MODELS_STORE_DIR = model_folder / "models_store"
    small_one()
    return ModelVersion.objects.get()


@pytest.fixture
def no_model(db: None, settings: Settings, tmp_path: Path) -> None:
    """A site before `bootstrap`."""
    settings.MODELS_STORE_DIR = tmp_path / "models_store"
    LivePointer.objects.all().delete()
    serving.look_again()


@pytest.fixture
def person(db: None) -> Callable[[str], User]:
    """The user of a role; made at the first call."""

    def make(role: str) -> User:
        create_groups()
        user, new = User.objects.get_or_create(
            username=role,
            defaults={
                "email": f"{role}@example.org",
                "is_superuser": role == "admin",
                "is_staff": role == "admin",
            },
        )
        if new:
            user.set_password("right horse 9")
            user.save()
            if role in ROLES:
                user.groups.add(Group.objects.get(name=ROLES[role]))
        return user

    return make


@pytest.fixture
def browser(person: Callable[[str], User]) -> Callable[..., Client]:
    """A client logged in as a role ("anonymous": nobody), speaking a language."""

    def make(role: str, language: str = "en", **kwargs: bool) -> Client:
        client = Client(headers={"accept-language": language}, **kwargs)
        if role != "anonymous":
            client.force_login(person(role), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def stored(
    live_model: ModelVersion, person: Callable[[str], User]
) -> Callable[..., list[Analysis]]:
    """Store texts, as the integration or `by` would."""

    def make(*texts: str | AnalysisInput, by: str = "integration") -> list[Analysis]:
        items = [AnalysisInput(text=t) if isinstance(t, str) else t for t in texts]
        return [outcome.record for outcome in analyze_texts(items=items, by=person(by))]

    return make
