"""The public door: score texts with the live version, and follow what is live.

Each process holds one reference to an immutable state. A call reads the reference once, so it
never sees a mixture of two versions, nor a version with thresholds of another moment. Where a
follower thread runs (every server worker), it compares the live pointer's generation once a
second, off the requests' path; elsewhere (commands) the call itself looks, at most once a second.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, close_old_connections, connections
from django.utils.translation import gettext as _

from modelops.errors import NoLiveVersion, OperationFailed
from modelops.loading import LoadedModel, load_substitute, load_version
from modelops.metrics import ANALYSES, SCORING_SECONDS
from modelops.ml.language import detect, warm_up
from modelops.ml.text import Tokens, as_letters, normalize, tokenize
from modelops.ml.thresholds import SiteThresholds
from modelops.ml.verdict import Folded, Span, Verdict, compose
from modelops.models import Alert, LivePointer, ServerWorker
from modelops.selectors_thresholds import site_thresholds
from modelops.services.raise_alert import raise_alert, resolve_alerts
from modelops.services.report_worker import drop_silent_workers, report_worker, withdraw_worker

__all__ = [
    "LANGUAGES",
    "Folded",
    "Limits",
    "LiveInfo",
    "ModelUnavailable",
    "Span",
    "Tokens",
    "UnknownLanguage",
    "Verdict",
    "analyze",
    "as_letters",
    "detected_language",
    "live_version",
    "normalize",
    "served_heads",
    "start_follower",
    "tokenize",
]

logger = structlog.get_logger(__name__)
LANGUAGES = ("es", "en")
Limits = Mapping[str, float]  # {"review", "block"}
CHECK_EVERY = 1.0  # seconds between two looks at the pointer
RETRY_EVERY = ServerWorker.REPORT_EVERY.total_seconds()  # after a failed load


class ModelUnavailable(RuntimeError):
    """There is no model to score with; the message says how to get one."""


class UnknownLanguage(ValueError):
    """A language that the model does not have."""


@dataclass(frozen=True, slots=True)
class LiveInfo:
    """What this process serves. `error` says why it is not the live version as published."""

    version: str
    generation: int
    model_type: str
    loaded_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class _State:
    loaded: LoadedModel | None = None
    generation: int = 0  # the last one dealt with
    manifest_digest: str = ""  # of the version that it named
    error: str = ""
    checked_at: float = float("-inf")  # monotonic
    tried_at: float = float("-inf")


_state = _State()
_loading = threading.Lock()


def analyze(
    texts: Sequence[str],
    *,
    languages: Sequence[str | None] | None = None,
    thresholds: Sequence[Limits | None] | None = None,
    counted: bool = True,
) -> list[Verdict]:
    """Score texts, all with the same model. `languages`: one per text, None to detect it.

    `thresholds`: one per text, {"review": probability, "block": probability} in place of those in
    force, None for these. `counted`: whether the metrics count them, as texts that somebody asked
    about. Raises ModelUnavailable, and UnknownLanguage for a language other than LANGUAGES.
    """
    wanted = list(languages) if languages is not None else [None] * len(texts)
    limits = list(thresholds) if thresholds is not None else [None] * len(texts)
    if not len(wanted) == len(limits) == len(texts):
        raise ValueError("languages and thresholds must have one entry per text")
    for language in wanted:
        if language is not None and language not in LANGUAGES:
            raise UnknownLanguage(
                _("“%(language)s” is not a language of the model; it has: %(known)s.")
                % {"language": language, "known": ", ".join(LANGUAGES)}
            )
    model = _model()
    with SCORING_SECONDS.time():
        scores = model.scorer.score(
            texts, languages=wanted, default_language=settings.DEFAULT_TEXT_LANGUAGE
        )
        verdicts = [
            compose(
                score,
                thresholds=dict.fromkeys(model.thresholds, own) if own else model.thresholds,
                category_thresholds=model.category_thresholds,
                default_language=settings.DEFAULT_TEXT_LANGUAGE,
                unknown_language_decision=settings.UNKNOWN_LANGUAGE_DECISION,
                model_version=model.version,
                model_used=model.model_type,
            )
            for score, own in zip(scores, limits, strict=True)
        ]
    for verdict in verdicts if counted else ():
        ANALYSES.labels(verdict.decision, verdict.language).inc()
    return verdicts


def served_heads() -> dict[str, tuple[str, ...]]:
    """The heads that the live version offers, by language. Raises ModelUnavailable."""
    scorer = _model().scorer
    return {
        language: tuple(head for head in scorer.head_order if language in scorer.heads[head])
        for language in LANGUAGES
    }


def detected_language(text: str, tokens: Tokens) -> str | None:
    """One of LANGUAGES, "und" for clearly another one, None when it is uncertain.

    `tokens` are those of the text, of `tokenize` or a verdict.
    """
    return detect(tokens, text, LANGUAGES)


def live_version() -> LiveInfo | None:
    """What this process has loaded, without looking at the database."""
    state = _state
    if state.loaded is None:
        return None
    return LiveInfo(
        version=state.loaded.version,
        generation=state.generation,
        model_type=state.loaded.model_type,
        loaded_at=state.loaded.loaded_at,
        error=state.error,
    )


def ensure_loaded() -> LiveInfo:
    """What this process serves, loaded now if nobody asked before. Raises ModelUnavailable."""
    _model()
    if (info := live_version()) is None:
        raise ModelUnavailable(str(NoLiveVersion()))  # withdrawn just now
    return info


def refresh() -> LiveInfo | None:
    """Look at the pointer now and load what it names; return what this process serves then."""
    _follow(now=True)
    if _follower.running():
        _report()
    return live_version()


def look_again() -> None:
    """Let the next call compare the pointer, however short ago the last look was."""
    global _state
    with _loading:
        _state = replace(_state, checked_at=float("-inf"))


def _model() -> LoadedModel:
    if not _follower.running() or _state.loaded is None:
        _follow()
    state = _state
    if state.loaded is None:
        raise ModelUnavailable(state.error or str(NoLiveVersion()))
    return state.loaded


def _follow(*, now: bool = False) -> None:
    """Bring the state up to the live pointer, unless somebody looked a moment ago."""
    global _state
    with _loading:
        seen = _state
        started = time.monotonic()
        lately = started - seen.checked_at < CHECK_EVERY
        if lately and seen.loaded is not None and not now:
            return
        try:
            pointer = LivePointer.current()
            if pointer is None:
                _state = _State(checked_at=started)
                return
            due = bool(seen.error) and (now or started - seen.tried_at >= RETRY_EVERY)
            dealt_with = (seen.generation, seen.manifest_digest)
            if dealt_with != (pointer.generation, pointer.version.manifest_digest) or due:
                # read after the pointer, so at least as new as its generation
                seen = replace(_loaded(pointer, seen, site_thresholds()), tried_at=started)
        except DatabaseError:
            if seen.loaded is None:
                raise
            logger.exception("serving.pointer_unreadable")
            return
        _state = replace(seen, checked_at=started)


def _loaded(pointer: LivePointer, seen: _State, site: SiteThresholds) -> _State:
    """The state after an attempt to load what the pointer names, under the site's thresholds."""
    version = pointer.version
    try:
        warm_up()
        loaded: LoadedModel | None = load_version(version)
        error = ""
        logger.info("serving.loaded", version=version.version, generation=pointer.generation)
    except OperationFailed as failure:
        # who serves already keeps its model; who starts takes the best that is left
        loaded, error = seen.loaded or load_substitute(pointer), str(failure)
        logger.error(
            "serving.load_failed",
            version=version.version,
            generation=pointer.generation,
            serves=loaded.version if loaded else None,
            error=error,
        )
    _note_load(version.version, serves=loaded.version if loaded else None, error=error)
    return _State(
        loaded.under(site) if loaded else None, pointer.generation, version.manifest_digest, error
    )


def _note_load(version: str, *, serves: str | None, error: str) -> None:
    """Raise the alert of a version that does not load, or end it when nobody has that trouble."""
    here = {"host": socket.gethostname(), "pid": os.getpid()}
    try:
        if error:
            raise_alert(
                kind=Alert.Kind.LOAD_FAILED,
                cause=version,
                details={"version": version, "serves": serves, "error": error},
            )
        elif not ServerWorker.objects.alive().exclude(error="").exclude(**here).exists():
            resolve_alerts(kind=Alert.Kind.LOAD_FAILED)
    except DatabaseError:
        # the hourly check raises and resolves as well
        logger.exception("serving.alert_failed")


# --- the follower ----------------------------------------------------------------------------


class _Follower:
    """The thread that follows the pointer and reports this process. One per process."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._pid: int | None = None
        self._stop = threading.Event()
        self._starting = threading.Lock()

    def running(self) -> bool:
        # a thread does not survive a fork, the object does
        return self._pid == os.getpid() and self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        with self._starting:
            if self.running():
                return
            self._stop = threading.Event()
            self._pid = os.getpid()
            self._thread = threading.Thread(target=self._run, name="follower", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        if self._thread is not None and self.running():
            self._stop.set()
            self._thread.join(timeout=5)
        self._thread = None

    def _run(self) -> None:
        reported: Any = None
        reported_at = float("-inf")
        tidied = False
        while not self._stop.is_set():
            try:
                close_old_connections()
                if not tidied:
                    drop_silent_workers(host=socket.gethostname())
                    tidied = True
                _follow()
                state = (_state.loaded, _state.generation, _state.error)
                if state != reported or time.monotonic() - reported_at >= RETRY_EVERY:
                    _report()
                    reported, reported_at = state, time.monotonic()
            except Exception:
                # most likely the database; whatever it was, the next look is a second away
                logger.exception("serving.follower_failed")
            self._stop.wait(CHECK_EVERY)
        connections.close_all()


_follower = _Follower()


def start_follower() -> None:
    """Start following in this process; does nothing where it runs already."""
    _follower.start()


def stop_follower() -> None:
    """End the thread and take this process off the list of workers."""
    if _follower.running():
        _follower.stop()
        withdraw_worker(host=socket.gethostname(), pid=os.getpid())


def _report() -> None:
    state = _state
    report_worker(
        host=socket.gethostname(),
        pid=os.getpid(),
        version=state.loaded.version if state.loaded else "",
        model_type=state.loaded.model_type if state.loaded else "",
        generation=state.generation,
        error=state.error,
    )
