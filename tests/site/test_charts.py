"""The charts: drawings that carry their own policy, and nothing else."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from html import unescape
from xml.dom.minidom import parseString

import pytest
from django.test import Client

GOOD = {
    "answers": "10,4",
    "bands": "5,0,3,2,1000000",
    "categories": "insult:12,threat:0,obscene:3",
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", GOOD)
def test_a_chart_is_an_image_whose_styles_its_own_policy_allows(
    name: str, theme: str, browser: Callable[..., Client]
) -> None:
    response = browser("moderator").get(
        f"/history/chart/{name}.svg", {"v": GOOD[name], "theme": theme}
    )
    svg = response.content.decode()
    assert response.headers["Content-Type"] == "image/svg+xml"
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"<script|\sstyle=|\son\w+=|https?://(?!www\.w3\.org)", svg)
    parseString(svg)
    for sheet in re.findall(r"<style[^>]*>(.*?)</style>", svg, re.DOTALL):
        digest = b64encode(sha256(unescape(sheet).encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy


@pytest.mark.parametrize("name", GOOD)
def test_a_chart_of_nothing_is_drawn(name: str, browser: Callable[..., Client]) -> None:
    empty = re.sub(r"\d+", "0", GOOD[name])
    assert browser("moderator").get(f"/history/chart/{name}.svg", {"v": empty}).status_code == 200


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("answers", {"v": "1"}),
        ("answers", {"v": "1,x"}),
        ("answers", {"v": "1,-2"}),
        ("answers", {"v": "1,9999999999999"}),
        ("answers", {"v": "1,2", "theme": "pink"}),
        ("bands", {"v": "1,2"}),
        ("categories", {"v": "hats:3"}),
        ("categories", {"v": "insult:<b>"}),
        ("categories", {}),
        ("other", {"v": "1,2"}),
    ],
)
def test_other_charts_are_not_found(
    name: str, query: dict[str, str], browser: Callable[..., Client]
) -> None:
    assert browser("moderator").get(f"/history/chart/{name}.svg", query).status_code == 404


def test_a_chart_speaks_the_language_of_the_page(browser: Callable[..., Client]) -> None:
    url = "/history/chart/categories.svg?v=insult:3"
    assert "Insulto" in browser("moderator", "es").get(url).content.decode()
    assert "Insult ·" in browser("moderator", "en").get(url).content.decode()
