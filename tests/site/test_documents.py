"""What the read-me and the documents point at is there: files, make targets, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("README*.md"), *ROOT.glob("docs/*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
COMMAND = re.compile(r"manage\.py ([a-z_]+)")
TARGET = re.compile(r"(?:`|^)make ([a-z][a-z-]*)", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_every_link_leads_somewhere(document: Path) -> None:
    links = [link for link in LINK.findall(document.read_text()) if "://" not in link]
    missing = [link for link in links if not (document.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=NAMES)
def test_every_command_exists(document: Path) -> None:
    text = document.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(COMMAND.findall(text)) <= set(get_commands())
    assert set(TARGET.findall(text)) <= targets


def test_both_read_mes_have_the_same_parts() -> None:
    english, spanish = ((ROOT / name).read_text() for name in ("README.md", "README.es.md"))
    for pattern in (r"^(#+) ", r"^\| `([^`]+?)[ `]", r"^```(\w*)", r"(http://\S+?)[ /)]"):
        found = [re.findall(pattern, text, re.MULTILINE) for text in (english, spanish)]
        assert found[0] == found[1]
