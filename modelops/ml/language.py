"""Which language a text is in, by py3langid, with the caution that short texts need."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from modelops.ml.characters import foreign_letter_share
from modelops.ml.text import Tokens

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

UNKNOWN = "und"
FEWEST_WORDS = 3
_LONGEST = 400  # characters looked at
_CLEAR_MARGIN = 4.0  # natural log of the likelihood ratio between two of our languages
_FOREIGN_MARGIN = 12.0  # the same for a third language against the better of ours
_FOREIGN_WORDS = 5
_FOREIGN_LETTERS = 0.3


@cache
def _identifier() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)


def warm_up() -> None:
    """Load the detector's tables (seconds), so that no request has to wait for them."""
    _identifier()


def detect(tokens: Tokens, text: str, languages: Sequence[str]) -> str | None:
    """Return one of `languages`, `UNKNOWN` for clearly another one, None when it is uncertain."""
    words = [word for word in tokens.words[:100] if word[0].isalpha()]
    if words and foreign_letter_share(" ".join(words)) > _FOREIGN_LETTERS:
        return UNKNOWN
    if len(words) < FEWEST_WORDS:
        return None
    sample = text[:_LONGEST].lower()
    if foreign_letter_share(sample) > 0 or not any(word in sample for word in words):
        # letters of other scripts that were read as Latin ones: look at what was read
        sample = " ".join(words)[:_LONGEST]
    ranking = _identifier().rank(sample)
    scores = {language: score for language, score in ranking if language in languages}
    ours = sorted(scores, key=lambda language: -scores[language])
    top, top_score = ranking[0]
    if (
        top not in languages
        and len(words) >= _FOREIGN_WORDS
        and top_score - scores[ours[0]] >= _FOREIGN_MARGIN
    ):
        return UNKNOWN
    if len(ours) > 1 and scores[ours[0]] - scores[ours[1]] < _CLEAR_MARGIN:
        return None
    return str(ours[0])
