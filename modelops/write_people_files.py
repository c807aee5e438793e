"""Child process that writes the files for people from a numeric form.

It needs scikit-learn, which no web process may import, so that work happens here:
`python -m modelops.write_people_files NUMERIC_FOLDER TARGET_FOLDER VERSION CREATED_AT`
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from modelops.ml.artifacts import read_numeric, write_people_files


def main(numeric: str, target: str, version: str, created_at: str) -> None:
    write_people_files(
        read_numeric(Path(numeric)),
        Path(target),
        version=version,
        created_at=datetime.fromisoformat(created_at),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
