"""Child process that writes the files for people from a numeric form.

It needs scikit-learn, which no web process may import, so that work happens here:
`python -m modelops.write_people_files` takes its order from the standard input, as one JSON list of
folder of the numeric form, target folder, version, moment of publication. Without one it does
nothing.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path

from modelops.ml.artifacts import read_numeric, warm_up, write_people_files


def main(numeric: str, target: str, version: str, created_at: str) -> None:
    write_people_files(
        read_numeric(Path(numeric)),
        Path(target),
        version=version,
        created_at=datetime.fromisoformat(created_at),
    )


if __name__ == "__main__":
    # scikit-learn would import it where it is there, for tables that nobody has here
    sys.modules["pandas"] = None  # type: ignore[assignment]
    warm_up()  # while nobody waits for it yet
    if order := sys.stdin.read():
        main(*json.loads(order))
    # at once: to take apart what was imported and read would take longer than to write it
    sys.stderr.flush()
    os._exit(0)
