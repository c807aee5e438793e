"""The committed catalogues: complete, certain, compiled, and in the tone of the site."""

from __future__ import annotations

import gettext
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

SPANISH = Path(settings.LOCALE_PATHS[0]) / "es" / "LC_MESSAGES" / "django.po"


def compiled() -> dict[object, str]:
    with SPANISH.with_suffix(".mo").open("rb") as handle:
        return dict(gettext.GNUTranslations(handle)._catalog)


@pytest.mark.skipif(shutil.which("msgfmt") is None, reason="left out: gettext is not installed")
def test_every_string_has_its_spanish(tmp_path: Path) -> None:
    result = subprocess.run(
        ["msgfmt", "--check-format", "--statistics", "-o", tmp_path / "es.mo", SPANISH],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin:/usr/local/bin"},
    )
    assert "untranslated" not in result.stderr
    assert "fuzzy" not in result.stderr
    assert (tmp_path / "es.mo").read_bytes() == SPANISH.with_suffix(".mo").read_bytes()


def test_no_string_shouts() -> None:
    texts = {str(k): v for k, v in compiled().items() if k}
    assert texts
    assert not [text for text in texts.values() if re.search(r"[¡!](?!=)", text)]


def test_nobody_is_addressed_as_tu() -> None:
    examples = ("Eres un 1d10t4", "Sigue hablando")  # comments of others, to try
    words = r"\b(tú|tu|tus|te|ti|contigo|escribe|pega|haz|pulsa|introduce|puedes|debes|tienes)\b"
    texts = [v for k, v in compiled().items() if k and not v.startswith(examples)]
    assert not [text for text in texts if re.search(words, text, re.IGNORECASE)]
