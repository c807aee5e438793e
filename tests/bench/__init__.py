"""Benchmarks, which compare with one thread on each side."""

from __future__ import annotations

import os

# before numpy is loaded
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
