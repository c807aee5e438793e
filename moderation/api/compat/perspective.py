"""Google's Perspective API, version v1alpha1 (docs/perspective-migration.md)."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from modelops import serving
from moderation.api.compat.base import HEADER_AUTHENTICATION, ApiKeyAuthentication, CompatView
from moderation.api.compat.base import Refused as _Refused
from moderation.api.compat.perspective_serializers import (
    AnalyzeCommentRequest,
    AnalyzeCommentResponse,
    SuggestCommentScoreRequest,
    SuggestCommentScoreResponse,
    plain,
)
from moderation.api.compat.utf16 import Utf16Offsets
from moderation.models import MAX_TEXT_LENGTH
from moderation.other_services import ATTRIBUTES, SUGGESTED, suggested_scores
from moderation.people import person
from moderation.services import AnalysisInput, analyze_texts, suggest_scores

MAX_BYTES = 20_480  # of a comment in UTF-8
MAX_SPANS = 100
FEWEST_WORDS = 3  # of a part with a score of its own: a single word says little
SOURCE = "perspective"
NO_MODEL = OpenApiResponse(description="No model is live; nothing was stored.")
_SENTENCE = re.compile(r"[^.!?…\n]*[.!?…\n]*")
ANALYZE_EXAMPLES = [
    OpenApiExample(
        "analyze",
        {
            "comment": {"text": "Eres un payaso y un inútil"},
            "languages": ["es"],
            "requestedAttributes": {"TOXICITY": {}},
        },
        request_only=True,
    ),
    OpenApiExample(
        "analyzed",
        {
            "attributeScores": {
                "TOXICITY": {
                    "spanScores": [
                        {"begin": 0, "end": 26, "score": {"value": 0.99, "type": "PROBABILITY"}}
                    ],
                    "summaryScore": {"value": 0.99, "type": "PROBABILITY"},
                }
            },
            "languages": ["es"],
            "detectedLanguages": ["es"],
        },
        response_only=True,
    ),
]
SUGGEST_EXAMPLES = [
    OpenApiExample(
        "suggest",
        {
            "comment": {"text": "Menuda panda de fenómenos"},
            "languages": ["es"],
            "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0.9}}},
        },
        request_only=True,
    )
]


class PerspectiveView(CompatView):
    authentication_classes = [ApiKeyAuthentication, *HEADER_AUTHENTICATION]


class AnalyzeCommentView(PerspectiveView):
    @extend_schema(
        operation_id="perspective_analyze",
        summary="Perspective: analyse a comment",
        request=AnalyzeCommentRequest,
        responses={200: AnalyzeCommentResponse, 503: NO_MODEL},
        examples=ANALYZE_EXAMPLES,
        tags=["perspective"],
    )
    def post(self, request: Request) -> Response:
        asked = _read(AnalyzeCommentRequest, request.data)
        text = _comment(asked)
        wanted: Mapping[str, Any] = asked.get("requestedAttributes") or {}
        if not wanted:
            raise _refused("NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes")
        _refuse_unknown(wanted, ATTRIBUTES)
        declared = _primary(asked)
        if not asked.get("dropUnsupportedAttributes"):
            _refuse_unsupported(wanted, declared)
        with transaction.atomic():  # (what is refused after scoring is not stored)
            (outcome,) = analyze_texts(items=[_as_input(asked, text, declared)], by=person(request))
            said = outcome.verdict
            served = _served(wanted, said.categories, declared)
            if not served and not declared and not said.language_certain:
                raise _refused(
                    "LANGUAGE_DETECTION_FAILED",
                    "Unable to detect language; name it in `languages`.",
                )
        parts = _parts(text, said, declared, split=bool(asked.get("spanAnnotations")))
        detected = serving.detected_language(text, said.tokens)
        answer = {
            "attributeScores": {
                name: _scores(head, said, parts)
                for name, head in served.items()
                if said.categories[head] >= wanted[name].get("scoreThreshold", 0.0)
            },
            "languages": asked.get("languages") or [said.language],
            "detectedLanguages": [detected] if detected else [],
        }
        return Response(answer | _echoed(asked))


class SuggestScoreView(PerspectiveView):
    @extend_schema(
        operation_id="perspective_suggestscore",
        summary="Perspective: suggest scores for a comment",
        request=SuggestCommentScoreRequest,
        responses={200: SuggestCommentScoreResponse},
        examples=SUGGEST_EXAMPLES,
        tags=["perspective"],
    )
    def post(self, request: Request) -> Response:
        asked = _read(SuggestCommentScoreRequest, request.data)
        text = _comment(asked)
        said: Mapping[str, Any] = asked.get("attributeScores") or {}
        if not said:
            raise _refused("NO_REQUESTED_ATTRIBUTES", "No attribute scores.")
        _refuse_unknown(said, SUGGESTED)
        if without := [name for name, scores in said.items() if "summaryScore" not in scores]:
            message = f"attributeScores.{without[0]}: a summaryScore is expected."
            raise _refused("INVALID_REQUEST", message)
        declared = _primary(asked)
        suggest_scores(
            text=text,
            scores=suggested_scores(
                {name: one["summaryScore"]["value"] for name, one in said.items()}
            ),
            language=declared[0] if len(declared) == 1 and declared[0] in serving.LANGUAGES else "",
            community=(asked.get("communityId") or "")[:100],
            by=person(request),
        )
        detected = serving.detected_language(text, serving.tokenize(text))
        answer = {
            "requestedLanguages": asked.get("languages") or [],
            "detectedLanguages": [detected] if detected else [],
        }
        return Response(answer | _echoed(asked))


# --- what is wrong with a request --------------------------------------------------------------


def _refused(kind: str, message: str, **more: Any) -> _Refused:
    return _Refused(message, errorType=kind, **more)


def _read(message: type[serializers.Serializer], data: Any) -> dict[str, Any]:
    serializer = message(data=plain(data))
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _comment(asked: Mapping[str, Any]) -> str:
    text = asked.get("comment", {}).get("text", "")
    if not text.strip():
        raise _refused("COMMENT_EMPTY", "Comment must be non-empty.")
    if (size := len(text.encode())) > MAX_BYTES:
        message = f"Comment text too long: {size} bytes, at most {MAX_BYTES} are allowed."
        raise _refused("COMMENT_TOO_LONG", message)
    return str(text)


def _refuse_unknown(attributes: Iterable[str], known: Container[str]) -> None:
    for name in attributes:
        if name not in known:
            shown = name[:100].encode("utf-8", "replace").decode()
            raise _refused("INVALID_REQUEST", f"Unknown requested attribute: {shown}")


def _refuse_unsupported(attributes: Iterable[str], declared: Sequence[str]) -> None:
    """Only a declared language can be unsupported; a detected one is scored as well as can be."""
    if not declared:
        return
    heads = serving.served_heads()
    for name in attributes:
        if lacking := [one for one in declared if ATTRIBUTES[name] not in heads.get(one, ())]:
            told = ", ".join(lacking)
            raise _refused(
                "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
                f"Attribute {name} does not support request languages: {told}",
                languageNotSupportedByAttributeError={
                    "detectedLanguages": lacking,
                    "attribute": name,
                },
            )


def _primary(asked: Mapping[str, Any]) -> list[str]:
    """The declared languages without regions and scripts: es-419 is es."""
    codes = (
        code.replace("_", "-").partition("-")[0].lower() for code in asked.get("languages", ())
    )
    return list(dict.fromkeys(codes))


# --- what is answered --------------------------------------------------------------------------


def _as_input(asked: Mapping[str, Any], text: str, declared: Sequence[str]) -> AnalysisInput:
    ours = [one for one in declared if one in serving.LANGUAGES]
    context = asked.get("context", {})
    around = context.get("articleAndParentComment", {})
    entries = [
        *context.get("entries", ()),
        *(around[name] for name in ("article", "parentComment") if name in around),
    ]
    said = "\n\n".join(entry["text"] for entry in entries if entry.get("text"))
    return AnalysisInput(
        text=text,
        language=ours[0] if len(ours) == 1 else None,
        context=said[:MAX_TEXT_LENGTH],
        source=(asked.get("communityId") or SOURCE)[:100],
        # (the history keeps no longer ones)
        store=not asked.get("doNotStore") and len(text) <= MAX_TEXT_LENGTH,
    )


def _served(
    wanted: Iterable[str], probabilities: Mapping[str, float], declared: Sequence[str]
) -> dict[str, str]:
    """The attributes that are answered, with their heads."""
    found = {name: ATTRIBUTES[name] for name in wanted if ATTRIBUTES[name] in probabilities}
    if not declared:
        return found
    heads = serving.served_heads()
    return {
        name: head
        for name, head in found.items()
        if all(head in heads.get(language, ()) for language in declared)
    }


def _scores(
    head: str, said: serving.Verdict, parts: Sequence[tuple[int, int, serving.Verdict]]
) -> dict[str, Any]:
    return {
        "spanScores": [
            {"begin": begin, "end": end, "score": _score(verdict.categories.get(head, 0.0))}
            for begin, end, verdict in parts
        ],
        "summaryScore": _score(said.categories[head]),
    }


def _score(value: float) -> dict[str, Any]:
    return {"value": float(value), "type": "PROBABILITY"}


def _parts(
    text: str, said: serving.Verdict, declared: Sequence[str], *, split: bool
) -> list[tuple[int, int, serving.Verdict]]:
    """Begin and end in UTF-16 code units, and verdict; without `split` the whole is one part."""
    places = sentences(text) if split else [(0, len(text))]
    verdicts = [said]
    if len(places) > 1:
        # each by the language of the whole, of which a short part says too little
        known = said.language if said.language in serving.LANGUAGES else None
        language = known if said.language_certain else None
        verdicts = serving.analyze(
            [text[begin:end] for begin, end in places],
            languages=[language] * len(places),
            counted=False,
        )
    units = Utf16Offsets(text)
    return [
        (units[begin], units[end], verdict)
        for (begin, end), verdict in zip(places, verdicts, strict=True)
    ]


def sentences(text: str) -> list[tuple[int, int]]:
    """Where sentences begin and end, in code points, without the blanks around them.

    Short ones join the one before; what comes after the last of MAX_SPANS belongs to it.
    """
    places: list[tuple[int, int]] = []
    joins = False
    for match in _SENTENCE.finditer(text):
        found = match[0].strip()
        if not found:
            continue
        begin = match.start() + len(match[0]) - len(match[0].lstrip())
        end, short = begin + len(found), len(found.split()) < FEWEST_WORDS
        if places and (short or joins or len(places) == MAX_SPANS):
            places[-1] = (places[-1][0], end)
            joins = joins and short
        else:
            places.append((begin, end))
            joins = short
    return places or [(0, len(text))]


def _echoed(asked: Mapping[str, Any]) -> dict[str, str]:
    return {"clientToken": asked["clientToken"]} if asked.get("clientToken") else {}
