"""The files for people, written in this process: many Pythons would take minutes to start.

Tests with the marker `children` and all that start the site's own commands use the child process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from modelops.services import people_files, version_files
from modelops.write_people_files import main


@contextmanager
def written_in_this_process(
    *, numeric: Path, target: Path, version: str, created_at: datetime
) -> Iterator[None]:
    """What the child process does."""
    main(str(numeric), str(target), version, created_at.isoformat())
    yield


MODULES = (people_files, version_files)  # that call `people_files_written`
