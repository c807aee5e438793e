"""The model in the Django admin, in a real browser under the strict policy."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.request import Request, urlopen

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Site

VERSIONS = "/admin/modelops/modelversion/"
RUNS = "/admin/modelops/trainingrun/"


def cancel(site: Site, run: str) -> None:
    """As a program would, behind the browser's back."""
    request = Request(
        f"{site.url}/model/runs/{run}/cancel",
        method="POST",
        headers={"Authorization": f"Token {site.token}"},
    )
    urlopen(request, timeout=30).close()


def test_a_backup_is_made_after_a_question(open_page: Callable[..., Page]) -> None:
    page = open_page(language="en")
    page.goto(VERSIONS)
    page.get_by_role("link", name="Back up now").click()
    expect(page.locator(".consequences")).to_contain_text("are copied and verified")
    page.get_by_role("button", name="Back up").click()
    expect(page.locator(".messagelist")).to_contain_text("made and verified")
    page.goto("/admin/modelops/backup/")
    expect(page.locator("#result_list tbody tr").first).to_contain_text("model_backup_")


def test_a_run_shows_by_itself_how_far_it_is(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_page(language="en")
    page.goto(f"{VERSIONS}retrain-quick/")
    expect(page.locator(".notice")).to_contain_text("python manage.py run_worker")
    page.get_by_role("button", name="Start").click()
    message = page.locator(".messagelist li", has_text="run_worker").inner_text()
    run = re.search(r"Run (\d+)", message)[1]
    page.goto(f"{RUNS}{run}/change/")
    expect(page.locator(".run-progress progress")).to_be_visible()
    page.evaluate("window.stays = true")
    with page.expect_response(f"**/{run}/progress/"):
        pass  # it asks again by itself
    assert page.evaluate("window.stays")  # without a new page
    cancel(site, run)
    expect(page.locator(".run-progress")).to_contain_text("cancelled", timeout=30_000)
    expect(page.get_by_role("link", name="Cancel the run")).to_have_count(0)
    page.goto(RUNS)
    expect(page.locator("#result_list tbody tr").first).to_contain_text("Cancelled by admin.")


def test_a_version_is_exported_as_a_zip_file(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page(language="en")
    page.goto(VERSIONS)
    page.locator("input[name=_selected_action]").first.check()
    page.locator("select[name=action]").select_option("export")
    with page.expect_download() as download:
        page.get_by_role("button", name="Go", exact=True).click()
    content = Path(download.value.path()).read_bytes()
    names = {Path(name).name for name in zipfile.ZipFile(io.BytesIO(content)).namelist()}
    assert {"model.json", "model.npz", "manifest.json"} <= names


def test_thresholds_are_tried_before_they_are_saved(open_page: Callable[..., Page]) -> None:
    page = open_page(language="en")
    page.goto("/admin/modelops/thresholdchange/add/")
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    page.get_by_label("Toxic texts of 100").fill("5")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator(".consequences")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_visible()
