"""Run the benchmarks: `python -m tests.bench [scoring] [tables]` (`make bench`: all)."""

from __future__ import annotations

import sys

from tests.bench import scoring, tables

BENCHMARKS = {"scoring": scoring.main, "tables": tables.main}

if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[name]()
