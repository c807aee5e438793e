"""The files for people, written in this process: many Pythons would take minutes to start."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from modelops.services import people_files, version_files
from modelops.write_people_files import main


def write_in_this_process(
    *, numeric: Path, target: Path, version: str, created_at: datetime
) -> None:
    """What the child process does."""
    main(str(numeric), str(target), version, created_at.isoformat())


MODULES = (people_files, version_files)  # that call `write_people_files`
