"""How many requests to the API a token may make, counted for all processes together.

Django's caches count per process, or read and write in two steps, so that requests at the same time
are lost; a table would cost a write of the database for each request. Here each caller has a small
file that the kernel locks while one is added.
"""

from __future__ import annotations

import fcntl
import math
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from axes.helpers import get_client_ip_address
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from knox.models import AuthToken
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

if TYPE_CHECKING:  # (which names this class among its settings)
    from rest_framework.views import APIView

log = structlog.get_logger(__name__)
IPV6_NETWORK = 64  # bits: who has one address there has all of them


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands: `remaining` is below 0 for a request that was one too many."""

    limit: int
    period: int  # seconds
    remaining: int
    reset: int  # seconds until the count begins anew

    @property
    def headers(self) -> dict[str, str]:
        """As the IETF's draft of RateLimit headers names them."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(self.remaining, 0)),
            "RateLimit-Reset": str(self.reset),
            "RateLimit-Policy": f"{self.limit};w={self.period}",
        }


class RateThrottle(BaseThrottle):
    """TOXIGUARD_RATE_LIMIT for every endpoint, and for whoever is let in: by token, by user for
    sessions, else by address."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        if settings.RATE_LIMIT is None:
            return True
        limit, period = settings.RATE_LIMIT
        try:
            count, since = _count(_name_of(request), period=period)
        except OSError as error:
            # a full disk, say: answers matter more than their number
            log.error("rate_limit_not_counted", reason=error.strerror)
            return True
        reset = max(math.ceil(since + period - time.time()), 1)
        self.standing = Standing(limit, period, limit - count, reset)
        request._request.rate_standing = self.standing  # type: ignore[attr-defined]
        return count <= limit

    def wait(self) -> float:
        return self.standing.reset


def tell_limits(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: answers say how many requests are left, where there is a limit."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        standing: Standing | None = getattr(request, "rate_standing", None)
        for name, value in (standing.headers if standing else {}).items():
            response[name] = value
        return response

    return answer


def forget_callers() -> int:
    """Remove the files of callers whose time is over; a job of the hourly check."""
    folder: Path = settings.RATE_LIMIT_DIR
    period = settings.RATE_LIMIT[1] if settings.RATE_LIMIT else 0
    before, gone = time.time() - period, 0
    for path in folder.glob("*") if folder.is_dir() else ():
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
                gone += 1
    return gone


def _name_of(request: Request) -> str:
    if isinstance(request.auth, AuthToken):
        return f"token {request.auth.pk}"
    if request.user.is_authenticated:
        return f"user {request.user.pk}"
    return f"address {_network(get_client_ip_address(request._request))}"


def _network(address: Any) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return ""
    return str(known if known.version == 4 else ip_network((known, IPV6_NETWORK), strict=False))


def _count(name: str, *, period: int) -> tuple[int, float]:
    """Add one request; return how many there were, and since when. Raises OSError."""
    folder: Path = settings.RATE_LIMIT_DIR
    # (no name is readable from the files)
    path = folder / sha256(name.encode()).hexdigest()[:40]
    flags = os.O_RDWR | os.O_CREAT
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileNotFoundError:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        now = time.time()
        since, count = _read(os.pread(descriptor, 64, 0))
        if not 0 <= now - since < period:  # (below 0: the clock was put back)
            since, count = now, 0
        os.pwrite(descriptor, b"%-20.6f %-12d\n" % (since, count + 1), 0)
        return count + 1, since
    finally:
        os.close(descriptor)


def _read(line: bytes) -> tuple[float, int]:
    try:
        since, count = line.split()
        return float(since), int(count)
    except ValueError:  # new
        return 0.0, 0
