"""Webhooks over HTTPS, under a certificate of the site's own authority."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from moderation import outbound
from moderation.models import WebhookDelivery
from moderation.services.decide_item import decide_item
from moderation.services.keep_webhooks import add_webhook
from moderation.services.send_webhooks import send_due_messages
from tests.moderation.items import waiting
from tests.moderation.receiver import Receiver, is_genuine

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing")
NEW = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def openssl(*arguments: str, within: Path) -> None:
    subprocess.run(["openssl", *arguments], cwd=within, check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with authority.pem and server.pem, a certificate of it for localhost."""
    folder = tmp_path_factory.mktemp("tls")
    openssl(
        "req", "-x509", *NEW, "-keyout", "authority.key", "-out", "authority.pem", "-days", "2",
        "-subj", "/CN=Our own authority", "-addext", "keyUsage=critical,keyCertSign",
        within=folder,
    )  # fmt: skip
    openssl(
        "req", *NEW, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost",
        within=folder,
    )  # fmt: skip
    extensions = "subjectAltName=DNS:localhost\nauthorityKeyIdentifier=keyid\n"
    (folder / "extensions").write_text(extensions)
    openssl(
        "x509", "-req", "-in", "server.csr", "-CA", "authority.pem", "-CAkey", "authority.key",
        "-CAcreateserial", "-days", "2", "-extfile", "extensions", "-out", "server.crt",
        within=folder,
    )  # fmt: skip
    both = (folder / "server.crt").read_text() + (folder / "server.key").read_text()
    (folder / "server.pem").write_text(both)
    return folder


@pytest.fixture
def receiver(authority: Path, settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    with Receiver(tls=authority / "server.pem") as receiver:
        yield receiver


def test_a_decision_is_told_where_the_site_trusts_the_authority(
    receiver: Receiver,
    authority: Path,
    integration: User,
    moderator: User,
    lead: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"https://localhost:{receiver.port}/hooks"
    webhook = add_webhook(owner=integration, url=url, by=lead)
    decide_item(item=waiting(owner=integration), action="approve", by=moderator)
    assert send_due_messages() == 0
    failed = WebhookDelivery.objects.get()
    assert (failed.problem, failed.state) == ("tls", WebhookDelivery.State.WAITING)
    assert receiver.got == []
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "authority.pem"))
    WebhookDelivery.objects.update(next_attempt_at=failed.created_at)
    assert send_due_messages() == 1
    [(path, headers, body)] = receiver.got
    assert path == "/hooks"
    assert headers["Host"] == f"localhost:{receiver.port}"
    assert is_genuine(webhook.secret, headers, body)


def test_the_certificate_must_be_of_the_name(
    receiver: Receiver, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "authority.pem"))
    other = f"https://127.0.0.1:{receiver.port}/hooks"
    assert outbound.post(other, b"{}", {}, allow_private=True).problem == "tls"
    assert receiver.got == []
