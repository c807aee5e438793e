"""Run the benchmarks: `python -m tests.bench [scoring] [tables] [learning] [workbench]`.

`make bench` runs all of them.
"""

from __future__ import annotations

import sys

from tests.bench import learning, scoring, tables, workbench

BENCHMARKS = {
    "scoring": scoring.main,
    "tables": tables.main,
    "learning": learning.main,
    "workbench": workbench.main,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
