"""Plausible comments from the project's own templates, to try a site's training with."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

from modelops.ml.labels import SiteLabel, SiteLabels
from modelops.ml.phrases import Phrase, expand

LANGUAGES = ("es", "en")
FEWEST = 8  # comments: of each class and language one to learn from and one to test with
TOXIC_SHARE = 0.3
TEST_SHARE = 0.2
_TEMPLATES = 1000  # of a class and language, at least


def simulate_comments(*, count: int, seed: int) -> tuple[SiteLabels, SiteLabels]:
    """Return labelled comments to learn from, and others to test with; `count` in all.

    Half of them are in each language; every other one has several sentences. No template serves
    both, so the test asks for more than memory. Fewer than `count` when the templates give no
    more different comments. Raises ValueError for less than `FEWEST`.
    """
    if count < FEWEST:
        raise ValueError(f"a simulation needs at least {FEWEST} comments")
    parts: tuple[list[SiteLabel], list[SiteLabel]] = ([], [])
    seen: set[str] = set()
    for number, language in enumerate(LANGUAGES):
        share = (count + number) // len(LANGUAGES)
        tested = max(2, round(TEST_SHARE * share))
        for part, phrases, wanted in zip(
            parts, _split(language, share, seed), (share - tested, tested), strict=True
        ):
            for phrase in _drawn(phrases, wanted, seed):
                if phrase.text not in seen:
                    seen.add(phrase.text)
                    part.append(SiteLabel(phrase.text, phrase.toxic, language))
    return SiteLabels.of(parts[0]), SiteLabels.of(parts[1])


def _split(language: str, count: int, seed: int) -> tuple[list[Phrase], list[Phrase]]:
    """Return phrases to learn from and phrases to test with, from templates of their own."""
    phrases = list(expand(language, seed=seed, per_template=1 + math.ceil(count / _TEMPLATES)))
    templates = sorted({phrase.template for phrase in phrases})
    generator = random.Random(f"{seed} {language}")  # noqa: S311
    tested = set(generator.sample(templates, round(TEST_SHARE * len(templates))))
    return (
        [phrase for phrase in phrases if phrase.template not in tested],
        [phrase for phrase in phrases if phrase.template in tested],
    )


def _drawn(phrases: Sequence[Phrase], count: int, seed: int) -> list[Phrase]:
    """Draw `count` comments, some of each class; every other one gets innocent company."""
    generator = random.Random(seed)  # noqa: S311
    toxic = min(max(1, round(TOXIC_SHARE * count)), count - 1)
    chosen: list[Phrase] = []
    for label, wanted in ((True, toxic), (False, count - toxic)):
        own = [phrase for phrase in phrases if phrase.toxic is label]
        chosen += generator.sample(own, min(wanted, len(own)))
    company = [phrase.text for phrase in phrases if not phrase.toxic]
    return [
        _accompanied(phrase, company, generator) if number % 2 else phrase
        for number, phrase in enumerate(chosen)
    ]


def _accompanied(phrase: Phrase, company: Sequence[str], generator: random.Random) -> Phrase:
    parts = [phrase.text, *generator.sample(company, min(2, len(company)))]
    generator.shuffle(parts)
    return replace(phrase, text=". ".join(part.rstrip(".!?") for part in parts))
