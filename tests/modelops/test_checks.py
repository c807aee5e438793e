from __future__ import annotations

from pathlib import Path

from django.db import connection
from pytest_django import Settings

from modelops.checks import check_folders, check_hosts
from modelops.services.report_worker import report_worker


def report(host: str, error: str = "") -> None:
    report_worker(host=host, pid=1, version="", model_type="", generation=1, error=error)


def test_a_missing_starter_is_told(settings: Settings, tmp_path: Path) -> None:
    settings.STARTER_DIR = tmp_path
    (tmp_path / "model.json").write_text("{}")
    (message,) = check_folders()
    assert message.id == "modelops.W002"
    assert "model.npz" in message.msg
    assert "model.json" not in message.msg


def test_a_store_that_cannot_be_written_is_told(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where a folder belongs")
    settings.MODELS_STORE_DIR = tmp_path / "data" / "models_store"
    assert "modelops.W001" in [message.id for message in check_folders()]


def test_one_host_is_fine(db: None) -> None:
    report("one")
    assert check_hosts(databases=["default"]) == []


def test_several_hosts_need_postgresql_and_one_store(db: None) -> None:
    report("one")
    report("two", error="no such file")
    (message,) = check_hosts(databases=["default"])
    assert message.id == ("modelops.E001" if connection.vendor == "sqlite" else "modelops.W003")
