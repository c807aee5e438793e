"""Inputs on which every process tries a model before it serves it."""

from __future__ import annotations

from typing import Any

from modelops.ml.scorer import Scorer

GOLDEN = (
    ("es", "Eres un idiota y no sirves para nada."),
    ("es", "Gracias por la receta, la probaré el domingo."),
    ("es", "3r3s un 1mb3c1l"),
    ("es", "El clásico terminó en empate tras la prórroga."),
    ("es", "Me llamaron inútil en el trabajo y presenté una queja."),
    ("es", "vete a la mierda, payaso asqueroso"),
    ("en", "You are a pathetic idiot."),
    ("en", "Thanks for the recipe, I will try it on Sunday."),
    ("en", "y o u  i d i o t"),
    ("en", "The classic match ended in a draw after extra time."),
    ("en", "They called me useless at work and I complained."),
    ("en", "I will find you and break your legs"),
    (None, "shut up"),
    (None, "Привет, как у вас сегодня дела, друзья?"),
)


def golden_cases(scorer: Scorer) -> list[dict[str, Any]]:
    """Return inputs with the probabilities that this model gives them."""
    scores = scorer.score(
        [text for _, text in GOLDEN], languages=[language for language, _ in GOLDEN]
    )
    return [
        {
            "text": text,
            "language": language,
            "probabilities": {head: round(p, 9) for head, p in score.probabilities.items()},
        }
        for (language, text), score in zip(GOLDEN, scores, strict=True)
    ]
