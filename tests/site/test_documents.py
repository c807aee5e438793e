"""What the read-me and the documents point at is there: files, make targets, commands.

Command lines are read by the commands' own parsers, so that an option that is gone shows here.
"""

from __future__ import annotations

import ast
import re
import shlex
from argparse import Namespace
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import resolve

from modelops.attributes import PERSPECTIVE
from modelops.manager import ModelManager

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("README*.md"), *ROOT.glob("docs/*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
OPERATIONS = ("docs/operations.md", "docs/operations.es.md")
MIGRATION = ("docs/perspective-migration.md", "docs/perspective-migration.es.md")
# The commands of the first ToxiGuard, which people and their scripts know.
FIRST = (
    *("train_model.py", "model_manager.py", "test_model_optimization.py"),
    *("incremental_update.py", "incremental_update.py --status", "incremental_update.py --csv"),
    *("incremental_update.py --from-history", "incremental_update.py --simulate"),
    *("retrain_model.py", "retrain_model.py --info", "retrain_model.py --full"),
    *("retrain_model.py --quick", "retrain_model.py --force", "retrain_model.py --backup"),
    *("retrain_model.py --restore", "retrain_model.py --cleanup"),
)
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


def _blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _command_lines(document: str) -> list[list[str]]:
    """Every `python manage.py …` of a document, in its blocks and in its sentences."""
    text = (ROOT / document).read_text()
    inline = re.findall(r"`((?:\.venv/bin/)?python manage\.py [^`]+)`", text)
    lines = [line for block in _blocks(document, "sh") for line in block.splitlines()]
    found = [*inline, *(line for line in lines if "python manage.py" in line)]
    calls = [re.sub(r"^.*?python manage\.py ", "", line) for line in found]
    return [shlex.split(re.split(r" \| |\)$", call)[0], comments=True) for call in calls]


@pytest.mark.parametrize("document", [*OPERATIONS, *MIGRATION])
def test_every_command_line_is_understood(document: str) -> None:
    lines = _command_lines(document)
    assert len(lines) > (30 if document in OPERATIONS else 2)
    for name, *arguments in lines:
        command = load_command_class(get_commands()[name], name)
        parsed = command.create_parser("manage.py", name).parse_args(arguments)
        assert isinstance(parsed, Namespace), (name, arguments)


@pytest.mark.parametrize("document", OPERATIONS)
def test_addresses_in_command_lines_exist(document: str) -> None:
    paths = re.findall(r"http://127\.0\.0\.1:8000(/\S+)", (ROOT / document).read_text())
    paths += re.findall(r"`(?:GET |POST |PUT )?(/model(?:o)?/\S*)`", (ROOT / document).read_text())
    assert paths
    for path in paths:
        # raises for what no page has; the API answers to all that is below it
        assert resolve(path).func.__name__ != "api_not_found", path


@pytest.mark.parametrize("document", OPERATIONS)
def test_python_in_the_guide_names_what_there_is(document: str) -> None:
    blocks = _blocks(document, "python")
    for block in blocks:
        ast.parse(block)
    text = (ROOT / document).read_text()
    named = set(re.findall(r"(?:manager\.|`)([a-z_]+)\(", text)) - {"predict_proba"}
    public = {name for name in vars(ModelManager) if not name.startswith("_")}
    assert named == public


@pytest.mark.parametrize("document", OPERATIONS)
def test_every_command_of_the_first_toxiguard_has_its_counterpart(document: str) -> None:
    rows = re.findall(
        r"^\| `python backend/(?:ml/)?(.*?)` \| `", (ROOT / document).read_text(), re.M
    )
    missing = [
        command
        for command in FIRST
        if not any(row == command or row.startswith(f"{command} ") for row in rows)
    ]
    assert missing == []


def test_both_guides_to_operations_have_the_same_parts() -> None:
    english, spanish = ((ROOT / name).read_text() for name in OPERATIONS)
    for pattern in (r"^(#+) ", r"^```(\w*)", r"^\| `(python [^`]+)` ", r"^(python manage.*)$"):
        found = [re.findall(pattern, text, re.MULTILINE) for text in (english, spanish)]
        assert found[0] == found[1]


@pytest.mark.parametrize("document", MIGRATION)
def test_the_quality_told_to_those_who_come_is_the_starters(document: str) -> None:
    figures = (ROOT / "models_store" / "starter" / "FIGURES.md").read_text()
    names = {head: attribute for attribute, head in PERSPECTIVE.items()}
    number = r"\d+ \| \d+ \| [\d.]+"
    heads = re.findall(rf"^\| (\w+) \| (e[ns]) \| ({number}) \| [\d.]+ \|", figures, re.M)
    holdouts = re.findall(rf"^\| (\w+_(e[ns])) \| ({number}) \|", figures, re.M)
    expected = [f"| {names[head]} | {language} | {told} |" for head, language, told in heads]
    expected += [f"| `{name}` | {language} | {told} |" for name, language, told in holdouts]
    text = (ROOT / document).read_text()
    found = re.findall(rf"^\| [A-Z_`a-z]+ \| e[ns] \| {number} \|$", text, re.M)
    assert found == expected


def test_both_guides_to_migration_have_the_same_parts() -> None:
    english, spanish = ((ROOT / name).read_text() for name in MIGRATION)
    assert re.findall(r"^(#+) ", english, re.M) == re.findall(r"^(#+) ", spanish, re.M)
    for language in ("text", "sh", "python", "js", "json"):
        assert _blocks(MIGRATION[0], language) == _blocks(MIGRATION[1], language) != []
