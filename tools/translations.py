"""Checks that the Spanish catalogue is complete, current and compiled.

    python tools/translations.py            # check; needs gettext's xgettext and msgfmt

The strings are collected anew in a copy of the sources; the working tree is left as it is.
"""

from __future__ import annotations

import gettext
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("toxiguard_site", "moderation", "modelops")
LOCALE = Path("toxiguard_site") / "locale"
COLLECT = (
    *("makemessages", "--locale", "es", "--no-obsolete", "--no-location"),
    *("--extension", "html,txt,py", "--verbosity", "0"),
)


def _catalogue(po: Path) -> dict[object, str]:
    """What msgfmt makes of a .po file; fuzzy and empty entries are not in it."""
    with tempfile.NamedTemporaryFile(suffix=".mo") as compiled:
        subprocess.run(["msgfmt", "--check-format", "-o", compiled.name, po], check=True)
        return _compiled(Path(compiled.name))


def _compiled(mo: Path) -> dict[object, str]:
    with mo.open("rb") as handle:
        catalogue: dict[object, str] = dict(gettext.GNUTranslations(handle)._catalog)  # type: ignore[attr-defined]
    catalogue.pop("", None)
    return catalogue


def _needed(po: Path) -> set[object]:
    """The keys that a complete catalogue has: every msgid of the file, translated as itself."""
    with tempfile.TemporaryDirectory() as folder:
        pot, english = Path(folder) / "all.pot", Path(folder) / "all.po"
        # every entry anew: without its translation, without the mark of an uncertain one
        subprocess.run(
            ["msgattrib", "--clear-fuzzy", "--empty", "-o", pot, po],
            check=True,
        )
        subprocess.run(["msgen", "-o", english, pot], check=True)
        return set(_catalogue(english))


def problems() -> list[str]:
    """One sentence per thing that is wrong with the Spanish catalogue."""
    committed = ROOT / LOCALE / "es" / "LC_MESSAGES" / "django.po"
    if not committed.exists():
        return [f"{committed.relative_to(ROOT)} is missing"]
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copy(ROOT / "manage.py", copy)
        for package in PACKAGES:
            ignored = shutil.ignore_patterns("__pycache__", "*.mo", "static")
            shutil.copytree(ROOT / package, copy / package, ignore=ignored)
        environment = os.environ | {"TOXIGUARD_DATA_DIR": str(copy / "data")}
        subprocess.run(
            [sys.executable, copy / "manage.py", *COLLECT], cwd=copy, env=environment, check=True
        )
        collected = copy / LOCALE / "es" / "LC_MESSAGES" / "django.po"
        needed, translated = _needed(collected), _catalogue(collected)
    found += [f"not translated: {key!r}" for key in needed - translated.keys()]
    found += [f"no longer in the sources: {key!r}" for key in _needed(committed) - needed]
    compiled = committed.with_suffix(".mo")
    if not compiled.exists() or _compiled(compiled) != _catalogue(committed):
        found.append(f"{compiled.relative_to(ROOT)} is not compiled from its .po: make messages")
    return sorted(found)


if __name__ == "__main__":
    if found := problems():
        print("\n".join(found))
        sys.exit(f"{len(found)} things to repair in the Spanish catalogue (make messages helps).")
    print("The Spanish catalogue is complete, current and compiled.")
