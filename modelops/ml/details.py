"""The JSON part of a numeric form: what must be in it, checked before anything relies on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def check_details(details: Mapping[str, Any]) -> None:
    """Raise ValueError that names the first entry that is missing or not what it must be.

    More entries may be there: a later release may write some.
    """
    heads = _mapping(details, "heads")
    if "toxic" not in heads:
        raise ValueError("heads: there is no head “toxic”")
    for head in heads:
        _check_head(_mapping(heads, head), f"heads.{head}")
    languages = heads["toxic"]["languages"]
    _check_limits(details, "thresholds", languages)
    handicaps = _per_language(details, "handicaps", languages)
    for language in handicaps:
        values = _mapping(handicaps, language)
        for kind in ("window", "repaired"):
            _check(_number(values.get(kind)), f"handicaps.{language}.{kind}", "a number")
        short = values.get("short", 0.0)  # models before short windows have none
        _check(_number(short), f"handicaps.{language}.short", "a number")
    _check(_share(details.get("base_rate")), "base_rate", "a number between 0 and 1")
    strength: Any = details.get("regularization_c")
    _check(_number(strength) and strength > 0, "regularization_c", "a positive number")
    _check(_whole(details.get("training_samples")), "training_samples", "a whole number")
    _check(_whole(details.get("site_labels", 0)), "site_labels", "a whole number")
    _check(_whole(details.get("seed")), "seed", "a whole number")
    _check(isinstance(details.get("fingerprint", ""), str), "fingerprint", "a string")
    _check(isinstance(details.get("sources"), (dict, list)), "sources", "an object")
    _mapping(details, "metrics")
    _check_golden(details.get("golden"))


def _check_head(head: Mapping[str, Any], where: str) -> None:
    languages: Any = head.get("languages")
    known = isinstance(languages, list) and languages and all(map(_word, languages))
    _check(known, f"{where}.languages", "a list of languages")
    _check_limits(head, "thresholds", languages, where)
    calibration = _per_language(head, "calibration", languages, where)
    for language, curve in calibration.items():
        numbers = isinstance(curve, list) and len(curve) == 2 and all(map(_number, curve))
        _check(numbers, f"{where}.calibration.{language}", "a pair of numbers")
    convergence = _mapping(head, "convergence", where)
    _check(_whole(convergence.get("iterations")), f"{where}.convergence.iterations", "a number")
    for language, floor in _mapping(head, "floors", where, may_lack=True).items():
        _check(_number(floor), f"{where}.floors.{language}", "a number")
    distributions = _mapping(head, "distributions", where, may_lack=True)
    for language in distributions:
        place = f"{where}.distributions.{language}"
        values = _mapping(distributions, language, f"{where}.distributions")
        for kind in ("toxic", "innocent"):
            scores = values.get(kind)
            known = isinstance(scores, list) and len(scores) > 1 and all(map(_probability, scores))
            _check(known, f"{place}.{kind}", "a list of probabilities")
        _check(_share(values.get("base_rate")), f"{place}.base_rate", "a number between 0 and 1")


def _check_limits(
    owner: Mapping[str, Any], key: str, languages: list[str], where: str = ""
) -> None:
    limits = _per_language(owner, key, languages, where)
    for language in limits:
        values = _mapping(limits, language, _path(where, key))
        for kind in ("review", "block"):
            _check(
                _probability(values.get(kind)),
                f"{_path(where, key)}.{language}.{kind}",
                "a probability",
            )


def _check_golden(cases: Any) -> None:
    _check(isinstance(cases, list), "golden", "a list")
    for number, case in enumerate(cases):
        known = (
            isinstance(case, dict)
            and isinstance(case.get("text"), str)
            and (case.get("language", "") is None or _word(case.get("language")))
            and isinstance(case.get("probabilities"), dict)
            and all(map(_probability, case["probabilities"].values()))
        )
        _check(known, f"golden[{number}]", "a text with its language and probabilities")


def _per_language(
    owner: Mapping[str, Any], key: str, languages: list[str], where: str = ""
) -> Mapping[str, Any]:
    """The mapping at `key`, which has an entry for each of the languages."""
    found = _mapping(owner, key, where)
    for language in languages:
        _check(language in found, f"{_path(where, key)}.{language}", "there")
    return found


def _mapping(
    owner: Mapping[str, Any], key: str, where: str = "", *, may_lack: bool = False
) -> Mapping[str, Any]:
    value = owner.get(key, {} if may_lack else None)
    _check(isinstance(value, dict), _path(where, key), "an object")
    found: Mapping[str, Any] = value
    return found


def _path(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _check(known: Any, where: str, what: str) -> None:
    if not known:
        raise ValueError(f"{where} is not {what}")


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _probability(value: Any) -> bool:
    return _number(value) and 0 <= value <= 1


def _share(value: Any) -> bool:
    return _number(value) and 0 < value < 1


def _word(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
