"""Messages to addresses that people typed in: only to public ones, and within limits.

The name is looked up once. What it stands for is checked, and that address is connected to, so
that a name cannot mean something else a moment later; TLS still proves the name.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from time import monotonic
from urllib.parse import urlsplit

LONGEST = 10.0  # seconds for everything: connecting, TLS, sending, status and headers
_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


class Refused(ValueError):
    """Nothing is sent to this address; `code` says why, see webhook_texts.py."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Target:
    secure: bool
    host: str
    port: int
    path: str  # with the query


@dataclass(frozen=True, slots=True)
class Answer:
    """`problem` is a code, "" when the other side took the message (a status of 2xx)."""

    status: int | None
    problem: str
    seconds: float


def target_of(url: str, *, allow_private: bool) -> Target:
    """The parts of an address that a message can go to. Raises Refused.

    Only https, unless private addresses are allowed: inside one's own walls http may do.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if not host.isascii():
            host = host.encode("idna").decode()
    except (ValueError, UnicodeError):
        raise Refused("address") from None
    printable = url.isprintable() and " " not in url and (parts.path + parts.query).isascii()
    if parts.scheme not in ("http", "https") or not host or not printable or "@" in parts.netloc:
        raise Refused("address")
    if parts.scheme == "http" and not allow_private:
        raise Refused("plain")
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, host, port or (443 if secure else 80), path)


def addresses_of(target: Target, *, allow_private: bool) -> list[str]:
    """What the target's name stands for. Raises Refused, for an unknown or a private one.

    A name with public and private addresses is refused as well: nobody needs it but an attacker.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused("unknown_name") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not allow_private and not all(map(is_public, addresses)):
        raise Refused("private")
    return addresses


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, and not to this machine's own nets."""
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
        if ip not in _UNICAST or ip.teredo:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def check(url: str, *, allow_private: bool) -> None:
    """Raises Refused when no message could go to `url` as things are now."""
    addresses_of(target_of(url, allow_private=allow_private), allow_private=allow_private)


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    allow_private: bool,
    longest: float = LONGEST,
) -> Answer:
    """Send one message. Follows no redirect, reads no body, takes no longer than `longest` seconds.

    (Looking up the name comes before, and has the limits of the system's resolver.)
    """
    started = monotonic()
    try:
        target = target_of(url, allow_private=allow_private)
        addresses = addresses_of(target, allow_private=allow_private)
    except Refused as error:
        return Answer(None, error.code, monotonic() - started)
    status, problem = _exchange(_Connection(target, addresses, longest), target, body, headers)
    return Answer(status, problem, monotonic() - started)


def _exchange(
    connection: _Connection, target: Target, body: bytes, headers: Mapping[str, str]
) -> tuple[int | None, str]:
    status = None
    with connection.watched():
        try:
            connection.request("POST", target.path, body=body, headers=dict(headers))
            status = connection.getresponse().status
        except ssl.SSLError:
            problem = "tls"
        except TimeoutError:
            problem = "timeout"
        except OSError:
            problem = "no_connection"
        except (http.client.HTTPException, ValueError):
            problem = "not_http"
        else:
            problem = _problem_of(status)
    # (headers that were cut off look as if they had ended)
    return (None, "timeout") if connection.late.is_set() else (status, problem)


def _problem_of(status: int) -> str:
    if 200 <= status < 300:
        return ""
    return "redirect" if 300 <= status < 400 else "status"


class _Connection(http.client.HTTPConnection):
    """Connects to addresses that were checked, and is cut off when its time is over.

    A socket's timeout holds for each single step: who answers byte by byte would never reach it.
    """

    def __init__(self, target: Target, addresses: list[str], longest: float) -> None:
        super().__init__(target.host, target.port, timeout=longest)
        self.default_port = 443 if target.secure else 80  # which the header Host leaves out
        self.target, self.addresses = target, addresses
        self.late = threading.Event()
        self._ends = monotonic() + longest

    def connect(self) -> None:
        context = ssl.create_default_context() if self.target.secure else None
        self.sock = self._reached()
        if context:
            # the handshake apart, so that the socket can be cut off during it
            wrapped = context.wrap_socket(
                self.sock, server_hostname=self.target.host, do_handshake_on_connect=False
            )
            self.sock = wrapped
        if self.late.is_set():  # it came when there was no socket yet to cut off
            raise TimeoutError
        if context:
            wrapped.do_handshake()

    def _reached(self) -> socket.socket:
        problem: OSError = TimeoutError()
        for address in self.addresses:
            if (left := self._ends - monotonic()) <= 0:
                raise TimeoutError
            try:
                return socket.create_connection((address, self.target.port), timeout=left)
            except OSError as error:
                problem = error
        raise problem

    def watched(self) -> _Watch:
        return _Watch(self, max(0.0, self._ends - monotonic()))

    def cut_off(self) -> None:
        self.late.set()
        try:
            if self.sock:
                self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it was closed meanwhile


class _Watch:
    """Cuts a connection off after some seconds, and closes it in any case."""

    def __init__(self, connection: _Connection, seconds: float) -> None:
        self.connection = connection
        self.timer = threading.Timer(seconds, connection.cut_off)
        self.timer.daemon = True

    def __enter__(self) -> None:
        self.timer.start()

    def __exit__(self, *error: object) -> None:
        self.timer.cancel()
        self.connection.close()
