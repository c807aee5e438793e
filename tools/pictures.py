"""Takes the pictures of the guides anew, in both languages: `python tools/pictures.py`.

It starts a site of its own with the starter model and texts of the project's own, in a temporary
folder, and looks at it with the browser of the tests. Needs the packages of requirements-dev.txt.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
PASSWORD = "blue tram 42"
EXAMPLES = {
    "es": "Eres un 1d10t4 y aquí nadie te quiere leer.",
    "en": "You are an 1d10t and nobody here wants to read you.",
}
# What waits: text, source, author, and for how many minutes.
TEXTS = [
    ("Eres un idiota y nadie te quiere leer", "foro", "pepe", 9),
    ("Shut up, you pathetic loser", "chat", "mark", 45),
    ("You are a stupid liar and everybody knows it", "foro", "mark", 25),
    ("Vete a tu casa, inútil", "noticias", "raúl", 130),
    ("Cállate ya, pesado, que das pena", "chat", "pepe", 70),
    ("Sois unos vendidos y unos mentirosos", "noticias", "luz", 245),
    ("No tienes ni idea de lo que hablas, payaso", "foro", "luz", 13),
    ("This is the worst idea I have ever read, you clown", "foro", "jo", 61),
    ("Te voy a buscar y te voy a partir la cara", "chat", "raúl", 30),
    ("Nobody asked for your dumb opinion", "chat", "jo", 20),
    ("Menuda panda de payasos los del ayuntamiento", "noticias", "eva", 540),
]
APPEALED = "Qué asco de gente, sois unos imbéciles"
CONTEXT = "Sobre la nueva línea de tranvía: las obras duran hasta marzo"
# Run on the site: ages, a decision with an appeal, reports, a note and a blind item.
SETTING = """
from datetime import timedelta
from django.contrib.auth.models import Group, User
from django.utils import timezone
from moderation.models import Analysis, QueueItem
from moderation.services.another_look import add_note, appeal_analysis, report_analysis
from moderation.services.decide_item import decide_item
ages = {ages}
foro, ana = (User.objects.create_user(name) for name in ("foro", "ana"))
ana.groups.set(Group.objects.filter(name="Moderators"))
for text, minutes in ages.items():
    opened = timezone.now() - timedelta(minutes=minutes)
    QueueItem.objects.filter(analysis__text=text).update(opened_at=opened)
first = Analysis.objects.get(text=next(iter(ages)))
add_note(analysis=first, text="Ya se le avisó la semana pasada.", by=ana)
for name in ("a", "b", "c"):
    report_analysis(analysis=Analysis.objects.get(text__startswith="Sois"), reporter=name, by=foro)
QueueItem.objects.filter(analysis__text__startswith="Menuda").update(blind=True)
item = QueueItem.objects.get(analysis__text={appealed!r})
decide_item(item=item, action="reject", category="insult", reason="Insulta a quien escribe", by=ana)
words = "Critico el artículo, no a quien lo escribe."
appeal_analysis(analysis=item.analysis, text=words, by=foro, by_author=True)
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        port = _free_port()
        environment = _environment(Path(folder), port)

        def manage(*arguments: str) -> str:
            command = [sys.executable, "manage.py", *arguments]
            done = subprocess.run(
                command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True
            )
            return done.stdout

        manage("migrate", "-v0")
        manage("bootstrap")
        token = manage("issue_token", "admin").strip().splitlines()[-1]
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"]
        server = subprocess.Popen(
            [*gunicorn, "toxiguard_site.wsgi"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            _fill(url, token)
            ages = {text: minutes for text, _source, _author, minutes in TEXTS}
            manage("shell", "-v0", "-c", SETTING.format(ages=ages, appealed=APPEALED))
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox"]
            )
            for language in ("es", "en"):
                _take(browser, url, language)
            for language in ("es", "en"):  # last, since what is analysed goes into the queue
                _take_analysis(browser, url, language)
            browser.close()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)


def _environment(folder: Path, port: int) -> dict[str, str]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith("TOXIGUARD_")}
    kept.pop("DATABASE_URL", None)
    return kept | {
        "DJANGO_SETTINGS_MODULE": "toxiguard_site.settings",
        "TOXIGUARD_DATA_DIR": str(folder),
        "TOXIGUARD_ENV_FILE": os.devnull,
        "TOXIGUARD_ADMIN_PASSWORD": PASSWORD,
        "TOXIGUARD_MODERATOR_PASSWORD": PASSWORD,
        "TOXIGUARD_AUDIT_SHARE": "0",
        "TOXIGUARD_BLIND_SHARE": "0",
        "TOXIGUARD_LOG_LEVEL": "ERROR",
        "EMAIL_URL": "dummymail://",
        "PORT": str(port),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for(url: str) -> None:
    for _time in range(300):
        try:
            urlopen(f"{url}/healthz", timeout=5).close()  # noqa: S310  (our own site)
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The site did not start.")


def _fill(url: str, token: str) -> None:
    items: list[dict[str, str]] = [
        {"text": text, "source": source, "author": author, "url": "https://example.org/c/1"}
        for text, source, author, _minutes in TEXTS
    ]
    items[0]["context"] = CONTEXT
    items.append({"text": APPEALED, "source": "noticias", "author": "eva"})
    items[-1]["url"] = "https://example.org/c/2"
    headers = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
    body = json.dumps({"items": items}).encode()
    request = Request(f"{url}/api/analyze/batch", data=body, headers=headers)  # noqa: S310
    urlopen(request, timeout=60).close()  # noqa: S310  (our own site)


def _take(browser: Browser, url: str, language: str) -> None:
    """The pictures of the queue in one language."""
    desk = _log_in(browser, url, language, width=1280, height=800)
    desk.goto("/queue/")
    button = desk.locator(".queue-tools button[name=blur]")
    if button.get_attribute("aria-pressed") == "true":  # pictures are to show texts
        button.click()
        desk.wait_for_load_state()
    desk.goto("/queue/?order=harmful")
    desk.locator(".item-link", has_text=TEXTS[0][0]).click()
    desk.locator("#decide").wait_for()
    _keep(desk, "queue", language)
    desk.keyboard.press("r")
    _keep(desk, "queue-reject", language)
    desk.goto("/queue/?source=chat")
    for row in (1, 2, 3):
        desk.locator("#rows .item-check").nth(row).check()
    desk.locator(".batch-bar [value=reject]").click()
    desk.get_by_role("dialog").locator("select").select_option("spam")
    desk.locator(".consequences").wait_for()
    _keep(desk, "queue-batch", language)
    desk.goto("/queue/?kind=appeal")
    desk.locator("#rows .item-link").first.click()
    desk.locator("#reply").wait_for()
    _keep(desk, "queue-appeal", language)
    desk.goto("/")  # gives the item back
    touch: dict[str, Any] = {"color_scheme": "dark", "has_touch": True, "is_mobile": True}
    phone = _log_in(browser, url, language, width=390, height=844, **touch)
    phone.goto("/queue/")
    phone.locator(".item-link", has_text=TEXTS[0][0]).tap()
    phone.locator("#decide").wait_for()
    _keep(phone, "queue-phone", language)
    phone.goto("/")


def _take_analysis(browser: Browser, url: str, language: str) -> None:
    page = _log_in(browser, url, language, width=1280, height=900)
    page.goto("/")
    page.locator("#text").fill(EXAMPLES[language])
    page.keyboard.press("Control+Enter")
    page.locator(".verdict-word").wait_for()
    _keep(page, "analyse", language)


def _log_in(
    browser: Browser, url: str, language: str, *, width: int, height: int, **options: Any
) -> Page:
    context = browser.new_context(
        base_url=url, locale=language, viewport={"width": width, "height": height}, **options
    )
    page = context.new_page()
    page.goto("/login/")
    page.locator("[name=username]").fill("moderador")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/login/" not in address)
    return page


def _keep(page: Page, name: str, language: str) -> None:
    page.wait_for_timeout(600)  # what fades in is there
    target = IMAGES / f"{name}-{language}.png"
    page.screenshot(path=target, scale="css")
    print(target.relative_to(ROOT), file=sys.stderr)


if __name__ == "__main__":
    main()
