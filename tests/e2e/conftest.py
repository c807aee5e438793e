"""A running site, as `make run` would start it, and a real browser in front of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests.conftest import ROOT, chromium
from tests.modelops.processes import free_port

expect.set_options(timeout=20_000)  # a slow machine is no failure
PASSWORDS = {"admin": "grey tram 41", "moderador": "blue tram 42"}
KIND = "Muchas gracias por la ayuda, ya funciona"
TOXIC = "Eres un idiota y nadie te quiere leer"
# What Chromium leaves off: pages of its own that it loads for every window (each is a process), and
# what Playwright switches off, since a second list replaces the first.
OFF = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"),
    *("PreloadTopChromeWebUI", "AimEnabled", "OptimizationHints", "NetworkTimeServiceQuerying"),
    *("PreconnectToSearch", "MediaRouter", "LensOverlay", "DestroyProfileOnBrowserClose"),
    *("HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "PaintHolding"),
    *("ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect"),
    "AvoidUnnecessaryBeforeUnloadCheckSync",
)


@dataclass(frozen=True)
class Site:
    url: str
    token: str

    def analyse(self, *texts: str, **fields: str) -> list[int]:
        """Post texts as a program would; returns the ids of the analyses."""
        request = Request(
            f"{self.url}/api/analyze/batch",
            data=json.dumps({"items": [{"text": text, **fields} for text in texts]}).encode(),
            headers={
                "Authorization": f"Token {self.token}",
                "Content-Type": "application/json",
            },
        )
        with urlopen(request, timeout=30) as response:
            return [result["id"] for result in json.load(response)["results"]]


def expect_drawn(image: Locator) -> None:
    """That a picture can be seen, as soon as it is there: lazy ones are asked for late."""
    image.scroll_into_view_if_needed()
    expect(image).not_to_have_js_property("naturalWidth", 0)
    expect(image).to_have_js_property("complete", True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    port = free_port()
    kept = {n: v for n, v in os.environ.items() if not n.startswith("TOXIGUARD_")}
    kept.pop("DATABASE_URL", None)
    environment = kept | {
        "DJANGO_SETTINGS_MODULE": "toxiguard_site.settings",
        "TOXIGUARD_DATA_DIR": str(folder),
        "TOXIGUARD_ENV_FILE": os.devnull,
        "TOXIGUARD_ADMIN_PASSWORD": PASSWORDS["admin"],
        "TOXIGUARD_MODERATOR_PASSWORD": PASSWORDS["moderador"],
        "EMAIL_URL": "dummymail://",
        "TOXIGUARD_AUDIT_SHARE": "0",  # no surprises among the items of a test
        "TOXIGUARD_BLIND_SHARE": "0",
        "PORT": str(port),
    }

    def manage(*arguments: str) -> str:
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return result.stdout

    manage("migrate", "-v0")
    manage("bootstrap")
    token = manage("issue_token", "admin").strip().splitlines()[-1]
    log = (folder / "server.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "toxiguard_site.wsgi"],
        cwd=ROOT,
        env=environment,
        stdout=log,
        stderr=log,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urlopen(f"{url}/healthz", timeout=5).close()
                break
            except OSError:
                if time.monotonic() > deadline or server.poll() is not None:
                    raise
                time.sleep(0.2)
        yield Site(url=url, token=token)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
        log.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", f"--disable-features={','.join(OFF)}"],
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def session_of(site: Site, browser: Browser) -> Callable[[str], Any]:
    """The cookies of a user who logged in by hand, once per user."""
    known: dict[str, Any] = {}

    def log_in(name: str) -> Any:
        if name not in known:
            context = browser.new_context(base_url=site.url, locale="es")
            page = context.new_page()
            page.goto("/login/")
            page.get_by_label("Nombre de usuario").fill(name)
            page.get_by_label("Contraseña").fill(PASSWORDS[name])
            page.get_by_role("button", name="Entrar").click()
            page.wait_for_url(lambda address: "/login/" not in address)
            known[name] = context.storage_state()
            context.close()
        return known[name]

    return log_in


@pytest.fixture
def open_page(
    site: Site, browser: Browser, session_of: Callable[[str], Any]
) -> Iterator[Callable[..., Page]]:
    """Open pages as a user ("" is nobody); what the console complains about fails the test.

    `page.errors_expected = True` is for tests that provoke an error.
    """
    contexts: list[BrowserContext] = []
    complaints: list[tuple[Page, str]] = []

    def make(
        user: str = "admin",
        *,
        language: str = "es",
        theme: str = "light",
        width: int = 1280,
        height: int = 800,
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            base_url=site.url,
            locale=language,
            color_scheme=theme,
            viewport={"width": width, "height": height},
            storage_state=session_of(user) if user else None,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on(
            "console",
            lambda message: (
                complaints.append((page, message.text))
                if message.type in ("error", "warning")
                else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append((page, str(error))))
        return page

    yield make
    # before closing, which aborts what a page is just asking for
    found = [text for page, text in complaints if not getattr(page, "errors_expected", False)]
    for context in contexts:
        context.close()
    assert not found
