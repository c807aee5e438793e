"""The project's own must-pass sentences: short, and judged alike by everybody."""

from __future__ import annotations

import json
from pathlib import Path

from modelops.ml.gate import MustPass

FILE = Path(__file__).with_name("must_pass.json")


def project_sentences() -> list[MustPass]:
    """Return the sentences of `must_pass.json`, {language: {"toxic": [...], "innocent": [...]}}."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    return [
        MustPass(text, language, kind == "toxic")
        for language, kinds in content.items()
        for kind, texts in kinds.items()
        for text in texts
    ]
