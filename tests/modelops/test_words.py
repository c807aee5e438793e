from __future__ import annotations

import errno
import os
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from modelops.run_texts import why_text
from modelops.words import days_ago, lasted, system_reason


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (1.26, "1.3 s"),
        (9.96, "10.0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (212, "3 min 32 s"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
    ],
)
def test_a_stretch_of_time_reads_well(seconds: float, words: str) -> None:
    with translation.override("en"):
        assert lasted(seconds) == words


def test_decimals_are_those_of_the_language() -> None:
    with translation.override("es"):
        assert lasted(1.26) == "1,3 s"


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=1, hours=2), "1 day ago"),
        (timedelta(days=40), "40 days ago"),
    ],
)
def test_a_moment_is_told_in_days(passed: timedelta, words: str) -> None:
    with translation.override("en"):
        assert days_ago(timezone.now() - passed) == words


def test_what_the_system_says_is_told_in_the_readers_language() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with translation.override("en"):
        assert system_reason(full) == "No space left on device"
    with translation.override("es"):
        assert system_reason(full) == "No queda espacio en el disco"
        assert "No queda espacio" in why_text("system", {"error": full.strerror})
        assert system_reason(OSError("what no list knows")) == "what no list knows"
