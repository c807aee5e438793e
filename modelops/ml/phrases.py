"""The project's own sentences: templates with slots, expanded by a seed.

The folder `phrases/` holds one file a language: slots with their values, and groups of templates
with one kind and one label each. Toxic and innocent groups share slots, so that the words alone
decide nothing.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

FOLDER = Path(__file__).with_name("phrases")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence. `template` is the same for all that come from one template text."""

    text: str
    toxic: bool
    kind: str
    language: str
    template: str
    share: int  # how many sentences came from this template


def _filled(
    choose: Callable[[list[str]], str], slots: dict[str, list[str]], slot: re.Match[str]
) -> str:
    return choose(slots[slot[1]])


def expand(language: str, *, seed: int, per_template: int) -> Iterator[Phrase]:
    """Yield at most `per_template` different sentences of each template of `language`."""
    content = json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))
    slots: dict[str, list[str]] = content["slots"]
    seen: set[str] = set()
    for group in content["templates"]:
        for template in group["texts"]:
            # a generator of its own, so that a new template changes no other's sentences
            choose = random.Random(f"{seed} {template}").choice  # noqa: S311
            sentences: list[str] = []
            for _ in range(per_template if _SLOT.search(template) else 1):
                text = _SLOT.sub(partial(_filled, choose, slots), template)
                if text not in seen:
                    seen.add(text)
                    sentences.append(text)
            for text in sentences:
                yield Phrase(
                    text, bool(group["toxic"]), group["kind"], language, template, len(sentences)
                )


def mixtures(phrases: Sequence[Phrase], *, seed: int, most_words: int) -> Iterator[Phrase]:
    """Yield each phrase among innocent ones, as a comment holds several sentences.

    One guilty sentence makes the whole guilty, so this teaches that friendly company is no
    excuse, and that company alone is no guilt. The template stays that of the phrase.
    """
    random_source = random.Random(seed)  # noqa: S311
    innocent = [phrase.text for phrase in phrases if not phrase.toxic]
    for phrase in phrases:
        parts = [phrase.text]
        while True:
            company = random_source.choice(innocent)
            if sum(len(part.split()) for part in [*parts, company]) > most_words:
                break
            parts.insert(random_source.randint(0, len(parts)), company)
        if len(parts) > 1:
            glue = random_source.choice((". ", " ", ", "))
            text = glue.join(part.rstrip(".!?") if glue == ". " else part for part in parts)
            yield replace(phrase, text=text)
