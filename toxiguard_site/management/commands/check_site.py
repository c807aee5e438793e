from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from modelops.management.site_command import SiteCommand
from modelops.words import system_reason

TIMEOUT = 10  # seconds
BATCH = ["Gracias por tu ayuda", "Have a nice day", "Nos vemos mañana"]


class Failed(Exception):
    """A check that did not pass; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content_type: str
    body: str

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failed(_("The answer is not JSON. Is this address a ToxiGuard site?")) from None


class _Stay(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class Site:
    """A running site, as seen through HTTP."""

    def __init__(self, url: str, token: str | None) -> None:
        self.url = url.rstrip("/")
        self.token = token
        self.opener: OpenerDirector = build_opener(_Stay)

    def ask(self, path: str, *, data: Any = None, expect: int = 200, token: bool = True) -> Answer:
        headers = {"Accept-Language": settings.LANGUAGE_CODE}
        if token and self.token:
            headers["Authorization"] = f"Token {self.token}"
        body = None if data is None else json.dumps(data).encode()
        if body:
            headers["Content-Type"] = "application/json"
        request = Request(urljoin(f"{self.url}/", path), body, headers)  # noqa: S310
        try:
            with self.opener.open(request, timeout=TIMEOUT) as response:
                answer = _read(response)
        except HTTPError as error:
            answer = _read(error)
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            if isinstance(reason, OSError):
                reason = system_reason(reason)
            raise Failed(
                _("No answer from %(url)s (%(reason)s). Start it with “make run”.")
                % {"url": self.url, "reason": reason}
            ) from None
        if answer.status != expect:
            raise Failed(_advice(answer, expect))
        return answer


def _read(response: Any) -> Answer:
    content_type = response.headers.get("Content-Type", "")
    return Answer(response.status, content_type, response.read().decode("utf-8", "replace"))


def _advice(answer: Answer, expect: int) -> str:
    said = ""
    if "json" in answer.content_type:
        answered = answer.json()
        said = str(answered.get("detail", "")) if isinstance(answered, dict) else ""
    advice = {
        400: _("Is the address in TOXIGUARD_ALLOWED_HOSTS?"),
        401: _("Make a token with “python manage.py issue_token USER” and give it with --token."),
        403: _("The token's user needs the permission: put it into the group."),
        404: _("Is this address a ToxiGuard site?"),
        500: _("The log of the site says more."),
        502: _("The proxy does not reach the site."),
        503: _("“python manage.py bootstrap” publishes the starter model."),
    }.get(answer.status, "")
    parts = [_("Status %(status)s.") % {"status": answer.status}, said, advice]
    return " ".join(part for part in parts if part)


def _health(site: Site) -> None:
    site.ask("health")


def _ready(site: Site) -> None:
    site.ask("readyz")


def _page(site: Site) -> None:
    site.ask("", expect=302, token=False)


def _login(site: Site) -> None:
    page = site.ask("login/", token=False)
    if "csrfmiddlewaretoken" not in page.body:
        raise Failed(_("There is no form on the page."))


def _static(site: Site) -> None:
    page = site.ask("login/", token=False)
    sheets = re.findall(r'<link[^>]+rel="stylesheet"[^>]*>', page.body)
    addresses = [m.group(1) for sheet in sheets if (m := re.search(r'href="([^"]+)"', sheet))]
    if not addresses:
        raise Failed(_("The page names no stylesheet."))
    for address in addresses:
        if not site.ask(address, token=False).content_type.startswith("text/css"):
            raise Failed(_("%(path)s is not a stylesheet.") % {"path": address})


def _docs(site: Site) -> None:
    site.ask("api/docs", token=False)
    if "paths" not in site.ask("api/schema", token=False).json():
        raise Failed(_("The schema has no paths."))


def _guarded(site: Site) -> None:
    site.ask("api/analyze", data={"text": BATCH[0]}, expect=401, token=False)


def _analyze(language: str, text: str) -> Callable[[Site], None]:
    def check(site: Site) -> None:
        data = {"text": text, "language": language, "store": False}
        answer = site.ask("api/analyze", data=data).json()
        if answer.get("decision") not in ("allow", "review", "block"):
            raise Failed(_("The answer has no decision."))

    return check


def _batch(site: Site) -> None:
    answer = site.ask("api/analyze/batch", data={"texts": BATCH, "store": False}).json()
    if len(answer.get("results", [])) != len(BATCH):
        raise Failed(_("The answer does not have one result for each text."))


def _stats(site: Site) -> None:
    if "total_analyses" not in site.ask("api/analyses/stats").json():
        raise Failed(_("The answer has no figures."))


def _model(site: Site) -> None:
    status = site.ask("model/status").json()
    if not status.get("server_model_loaded"):
        raise Failed(_("No model is loaded: “python manage.py bootstrap” publishes the starter."))
    if status.get("degraded"):
        raise Failed(_("The site serves a substitute: its status names the reasons."))


def checks() -> Iterator[tuple[str, bool, Callable[[Site], None]]]:
    """Name, whether a token is needed, and the check."""
    yield _("Health"), False, _health
    yield _("Ready"), False, _ready
    yield _("First page asks to log in"), False, _page
    yield _("Log-in page"), False, _login
    yield _("Static files"), False, _static
    yield _("API documentation"), False, _docs
    yield _("API asks for a token"), False, _guarded
    yield _("Analyse in Spanish"), True, _analyze("es", BATCH[0])
    yield _("Analyse in English"), True, _analyze("en", BATCH[1])
    yield _("Analyse a batch"), True, _batch
    yield _("Figures"), True, _stats
    yield _("Model status"), True, _model


class Command(SiteCommand):
    def add_arguments(self, parser: CommandParser) -> None:
        parser.description = _("Test a running site, line by line. It stores nothing.")
        default = settings.PUBLIC_URL or "http://127.0.0.1:8000"
        parser.add_argument(
            "--url", default=default, help=_("address of the site (default: %(default)s)")
        )
        parser.add_argument(
            "--token", metavar="T", help=_("of a user in Integrations and Operators")
        )
        parser.add_argument("--json", action="store_true", help=_("print one JSON object"))

    def handle(self, *args: Any, **options: Any) -> None:
        if urlsplit(options["url"]).scheme not in ("http", "https"):
            raise CommandError(_("--url needs an address with http:// or https://."))
        site = Site(options["url"], options["token"])
        results = []
        for name, needs_token, check in checks():
            status, message = self._run(site, needs_token, check)
            results.append({"check": name, "status": status, "message": message})
            if not options["json"]:
                self.stdout.write(f"{status:<4}  {name}{': ' if message else ''}{message}")
        failed = sum(result["status"] == "FAIL" for result in results)
        skipped = sum(result["status"] == "SKIP" for result in results)
        if options["json"]:
            report = {"url": site.url, "ok": not failed, "checks": results}
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        names = {"failed": failed, "skipped": skipped, "total": len(results), "url": site.url}
        if failed:
            raise CommandError(_("%(failed)s of %(total)s checks failed at %(url)s.") % names)
        if not options["json"]:
            self.stdout.write(_("%(url)s works: %(total)s checks, %(skipped)s left out.") % names)

    @staticmethod
    def _run(site: Site, needs_token: bool, check: Callable[[Site], None]) -> tuple[str, str]:
        if needs_token and not site.token:
            return "SKIP", _("needs --token, from “python manage.py issue_token USER”")
        try:
            check(site)
        except Failed as error:
            return "FAIL", str(error)
        return "OK", ""
