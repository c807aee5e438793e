"""Run the benchmarks: `python -m tests.bench [scoring] [tables] [learning]` (`make bench`: all)."""

from __future__ import annotations

import sys

from tests.bench import learning, scoring, tables

BENCHMARKS = {"scoring": scoring.main, "tables": tables.main, "learning": learning.main}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
