"""Examples of the first ToxiGuard's answers, for the schema."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample

_MOMENT = "2026-11-24T18:37:50.475316Z"
ANALYSED = {
    "toxic": True,
    "score": 0.977,
    "toxicity_percentage": 97.7,
    "category": "insulto",
    "labels": ["toxic", "insulto"],
    "text_length": 14,
    "keywords_found": 3,
    "response_time_ms": 1.563,
    "timestamp": _MOMENT,
    "model_used": "LogisticRegression",
}
_ROW = {"id": 1, "text": "Eres un idiota", **ANALYSED, "created_at": _MOMENT}
HISTORY = {"history": [_ROW], "total": 1, "limit": 50, "offset": 0}
SEARCH = {"results": [_ROW], "query": "idiota", "total": 1, "limit": 20}
STATS = {
    "total_analyses": 2,
    "toxic_analyses": 1,
    "safe_analyses": 1,
    "toxicity_rate": 50.0,
    "average_toxicity": 50.3,
    "categories": {"insulto": 1},
    "recent_analyses": 2,
}
DELETED = {"message": "Análisis 7 eliminado exitosamente"}
CLEARED = {"message": "Historial limpiado exitosamente", "deleted_analyses": 2}
_WORDS = {"insulto": ["zorrocloco"], "acoso": [], "discriminacion": [], "spam": []}
_CATEGORIES = {
    name: {"keywords": words, "count": len(words), "weight": 1.0} for name, words in _WORDS.items()
}
KEYWORDS = {
    "keywords": ["zorrocloco"],
    "count": 1,
    "threshold": 0.2286,
    "categories": _CATEGORIES,
}
CATEGORIES = {
    "categories": _CATEGORIES,
    "total_categories": 4,
    "weights": dict.fromkeys(_CATEGORIES, 1.0),
}
ADDED = {
    "message": "Palabra clave 'zorrocloco' añadida exitosamente a la categoría 'insulto'",
    "total_keywords": 1,
    "category_keywords": 1,
}
REMOVED = {"message": "Palabra clave 'zorrocloco' removida exitosamente", "total_keywords": 0}
HEALTH = {"status": "ok", "service": "ToxiGuard", "timestamp": _MOMENT}
MODEL_STATUS = {
    "model_loaded": True,
    "ml_model_available": True,
    "vectorizer_available": True,
    "status": "ready",
    "message": "Modelo ML cargado y listo",
    "fallback_available": False,
}


def shown(answer: dict[str, Any]) -> list[OpenApiExample]:
    return [OpenApiExample("answer", answer, response_only=True)]
