"""Python processes that work on a copy of a site."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from django.conf import settings


def run(
    arguments: Sequence[str], *, before: Sequence[str] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Python with these arguments, by way of the program `before`."""
    return subprocess.run(
        [*before, sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "toxiguard_site.settings",
            "TOXIGUARD_LOG_LEVEL": "CRITICAL",
            "TOXIGUARD_LANGUAGE": "en",
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
