"""A store of its own for each test, small versions in it, and users."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from modelops import serving
from modelops.models import ModelVersion
from modelops.services import execute_run
from modelops.services.promote_version import promote_version
from modelops.services.publish_version import publish_version
from tests.modelops.models import write_small_model
from tests.people_files import MODULES, written_in_this_process
from tests.published import PublishedOnce


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty models_store, and a process that has loaded nothing."""
    settings.MODELS_STORE_DIR = tmp_path / "models_store"
    monkeypatch.setattr(serving, "_state", serving._State())
    return settings.MODELS_STORE_DIR


@pytest.fixture(autouse=True)
def people_files(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files for people are written in this process, unless a test is about the child."""
    if request.node.get_closest_marker("children") is None:
        for module in MODULES:
            monkeypatch.setattr(module, "people_files_written", written_in_this_process)
        monkeypatch.setattr(execute_run, "prepare_writer", lambda: None)


@pytest.fixture(scope="session")
def published_before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of versions that some test published: others take them up, which is quicker."""
    return tmp_path_factory.mktemp("published")


@pytest.fixture
def publish(
    db: None, store: Path, tmp_path: Path, published_before: Path
) -> Callable[..., ModelVersion]:
    """Publish a small model: `publish("1.0.1", strength=6.0)`."""

    def make(version: str = "1.0.0", *, strength: float = 8.0, prior: bool = True) -> ModelVersion:
        numeric = write_small_model(
            tmp_path / f"numeric-{strength}-{prior}", strength=strength, prior=prior
        )
        for folder in published_before.glob(f"{version}-{strength}/*"):
            shutil.copytree(folder, store / "versions" / folder.name, dirs_exist_ok=True)
        made = publish_version(
            numeric=numeric, version=version, origin=ModelVersion.Origin.STARTER, by=None
        )
        kept = published_before / f"{version}-{strength}" / made.folder
        if not kept.exists():
            shutil.copytree(store / "versions" / made.folder, kept)
        return made

    return make


@pytest.fixture(scope="session")
def first_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where 1.0.0 is published, once per process."""
    return tmp_path_factory.mktemp("first") / "models_store"


@pytest.fixture(scope="session")
def first_version(first_store: Path) -> PublishedOnce:
    def publish() -> None:
        numeric = write_small_model(first_store.parent / "numeric")
        version = publish_version(
            numeric=numeric, version="1.0.0", origin=ModelVersion.Origin.STARTER, by=None
        )
        promote_version(version=version, by=None, reason="test")

    return PublishedOnce(publish)


@pytest.fixture
def live(
    db: None, store: Path, settings: Settings, first_store: Path, first_version: PublishedOnce
) -> ModelVersion:
    """Version 1.0.0, live."""
    settings.MODELS_STORE_DIR = first_store
    first_version()
    settings.MODELS_STORE_DIR = store
    shutil.copytree(first_store, store, dirs_exist_ok=True)
    serving._state = serving._State()
    return ModelVersion.objects.get()


@pytest.fixture
def folder(live: ModelVersion, store: Path) -> Path:
    """The folder of the live version."""
    return store / "versions" / live.folder


@pytest.fixture
def operator(db: None) -> User:
    user = User.objects.create_user("operator", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="operate_model"))
    return user


@pytest.fixture
def somebody(db: None) -> User:
    return User.objects.create_user("somebody", is_staff=True)


@pytest.fixture
def as_operator(operator: User) -> APIClient:
    client = APIClient()
    client.force_login(operator)
    return client


@pytest.fixture
def as_somebody(somebody: User) -> APIClient:
    client = APIClient()
    client.force_login(somebody)
    return client


@pytest.fixture
def admin(operator: User) -> Client:
    """An operator in the Django admin, in English."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(operator)
    return client


@pytest.fixture
def stranger(somebody: User) -> Client:
    """Staff without a permission, in the Django admin."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(somebody)
    return client
