"""Messages to other servers: which addresses they go to, and how long they may take."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler

import pytest

from moderation import outbound
from tests.moderation.receiver import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


def test_a_slow_answer_is_cut_off(receiver) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not receiver.closing.wait(0.02):
            handler.wfile.write(b"X-Slow: 1\r\n")
            handler.wfile.flush()

    receiver.answer = drip
    answer = outbound.post(receiver.url, b"{}", {}, allow_private=True, longest=0.2)
    assert answer.problem in ("timeout", "not_http")  # (100 headers are too many, too)
    assert answer.status is None


def test_silence_is_cut_off(receiver) -> None:
    receiver.answer = lambda handler: (receiver.closing.wait(5), None)[1]
    answer = outbound.post(receiver.url, b"{}", {}, allow_private=True, longest=0.2)
    assert (answer.status, answer.problem) == (None, "timeout")


def test_what_is_not_http_is_a_failure(receiver) -> None:
    receiver.answer = lambda handler: handler.wfile.write(b"SMTP ready\r\n") and None
    assert outbound.post(receiver.url, b"{}", {}, allow_private=True).problem == "not_http"


def test_a_certificate_is_needed_for_https(receiver) -> None:
    url = receiver.url.replace("http:", "https:")
    assert outbound.post(url, b"{}", {}, allow_private=True).problem == "tls"


def test_nobody_listens(receiver) -> None:
    with Receiver() as gone:
        url = gone.url
    assert outbound.post(url, b"{}", {}, allow_private=True).problem == "no_connection"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1",
        "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b:1::7f00:1", "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public(address: str) -> None:
    assert not outbound.is_public(address)


@pytest.mark.parametrize(
    "address",
    ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::808:808"],
)
def test_addresses_that_are_public(address: str) -> None:
    assert outbound.is_public(address)


def test_the_address_that_was_checked_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that means something private at its second look-up gets nothing by that."""
    answers = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
    monkeypatch.setattr(
        outbound.socket, "getaddrinfo", lambda *a, **k: [(2, 1, 6, "", (next(answers), 443))]
    )
    connected = []

    def refuse(address: tuple[str, int], timeout: float) -> None:
        connected.append(address[0])
        raise OSError

    monkeypatch.setattr(outbound.socket, "create_connection", refuse)
    answer = outbound.post("https://rebind.example/", b"{}", {}, allow_private=False)
    assert answer.problem == "no_connection"
    assert connected == ["93.184.216.34"]


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *a, **k: both)
    assert outbound.post("https://both.example/", b"", {}, allow_private=False).problem == "private"
