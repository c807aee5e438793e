#!/usr/bin/env python
"""Django's command line for ToxiGuard."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "toxiguard_site.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit(
            "Django is not installed in this Python. Run `make run`, or "
            "`pip install -r requirements.txt` in a virtual environment."
        ) from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
