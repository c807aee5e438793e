"""What all commands have in common: their language, and what a terminal gets to see."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest
from django.core.management import CommandError, get_commands, load_command_class
from django.utils import translation
from pytest_django import Settings

from modelops.management.logs import log_put_aside
from modelops.management.parser import in_words
from modelops.management.site_command import SiteCommand

OURS = {
    name
    for name, app in get_commands().items()
    if app in ("modelops", "moderation", "toxiguard_site")
}
WRONG: tuple[tuple[str, list[str]], ...] = (
    ("retrain_model", ["--full", "--quick"]),
    ("retrain_model", ["--cleanup", "--keep", "x"]),
    ("retrain_model", ["--keep"]),
    ("retrain_model", ["--f"]),
    ("retrain_model", ["--info=3"]),
    ("import_dataset", []),
    ("import_dataset", ["x.csv", "--name", "x", "--split", "other"]),
    ("check_model", ["--nonsense"]),
)


def complaint(name: str, arguments: list[str]) -> str:
    command = load_command_class(get_commands()[name], name)
    with pytest.raises(CommandError) as caught:
        command.create_parser("manage.py", name).parse_args(arguments)
    return str(caught.value)


@pytest.mark.parametrize(("name", "arguments"), WRONG)
def test_errors_of_usage_are_in_the_sites_language(name: str, arguments: list[str]) -> None:
    with translation.override("es"):
        spanish = complaint(name, arguments)
    with translation.override("en"):
        english = complaint(name, arguments)
    assert english != spanish


def test_an_error_of_an_unknown_form_is_told_as_it_is() -> None:
    assert in_words("something new") == "something new"


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_help_is_in_the_sites_language(name: str) -> None:
    command = load_command_class(get_commands()[name], name)
    assert isinstance(command, SiteCommand)
    with translation.override("es"):
        text = command.create_parser("manage.py", name).format_help()
    assert text.startswith("uso: ")
    for english in ("show this", "Show program", "options:", "positional", "settings module"):
        assert english not in text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_a_terminal_is_spared_the_log_which_goes_to_a_file(
    stream: io.StringIO, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr("sys.stderr", stream)
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [handler])
    monkeypatch.setattr(root, "level", logging.INFO)
    log = logging.getLogger("test.aside")
    with log_put_aside():
        log.info("routine")
        log.warning("trouble")
    log.info("afterwards")
    said = stream.getvalue().split()
    path = tmp_path / "logs" / "commands.log"
    if stream.isatty():
        assert said == ["trouble", "afterwards"]
        assert path.read_text().split() == ["routine", "trouble"]
    else:
        assert said == ["routine", "trouble", "afterwards"]
        assert not path.exists()
