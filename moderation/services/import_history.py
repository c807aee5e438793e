"""Take over the history of the first ToxiGuard, a SQLite file with the table analysis_history."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from modelops import serving, sources
from modelops.errors import OperationFailed
from modelops.exclusive import Busy, FileLock
from modelops.validators import check_text
from moderation.models import Analysis, Category, Decision
from moderation.other_services import FIRST_CATEGORIES
from moderation.same_text import same_text_digest
from moderation.search import fold

log = structlog.get_logger(__name__)
SOURCE = "toxiguard1"
TABLE = "analysis_history"
LOCK = "import_history.lock"  # in the data folder
COLUMNS = (
    "id",
    "text",
    "toxic",
    "score",
    "toxicity_percentage",
    "category",
    "labels",
    "text_length",
    "keywords_found",
    "response_time_ms",
    "model_used",
    "timestamp",
    "created_at",
)
AT_ONCE = 500  # rows in one transaction
# It knew toxic and not toxic only: nothing was blocked, and even was the limit.
REVIEW, BLOCK = 0.5, 1.0
MOST = 2**31 - 1
_lock = FileLock(patience=0.0)
Progress = Callable[[int, int], None]  # rows done, and all rows


class HistoryRefused(OperationFailed):
    """The file is not one that can be taken over; nothing of it was."""


class BadRow(ValueError):
    """Why a row is left out."""


@dataclass(slots=True)
class HistoryReport:
    """What became of the rows; `rejected` holds id and reason of each one that was left out."""

    read: int = 0
    imported: int = 0
    present: int = 0  # from an import before
    erased: int = 0  # this site was told to forget their texts
    expired: int = 0  # older than this site keeps texts
    rejected: list[tuple[str, str]] = field(default_factory=list)


def import_history(
    *, path: Path, dry_run: bool = False, progress: Progress | None = None
) -> HistoryReport:
    """Take over every row of the file that is not here yet; with `dry_run` only say what would be.

    The file is opened for reading only. Rows come in batches, each a transaction, so that an import
    that was cut off goes on where it was; a row is known by its number and its text. The analyses
    belong to nobody, open no rounds of review and are no labels. Raises HistoryRefused.
    """
    with _alone(), closing(_opened(path)) as file:
        total = _checked(file, path)
        report = HistoryReport()
        try:
            for rows in _batches(file):
                _take_over(rows, report, dry_run=dry_run)
                if progress:
                    progress(report.read, total)
        except sqlite3.Error as error:
            raise HistoryRefused(
                _(
                    "%(file)s can't be read to its end (%(reason)s). What was taken over stays; "
                    "the same command goes on from there."
                )
                % {"file": path, "reason": error}
            ) from error
    if not dry_run:
        log.info("history_imported", count=report.imported, rejected=len(report.rejected))
    return report


# --- the file ----------------------------------------------------------------------------------


@contextmanager
def _alone() -> Iterator[None]:
    try:
        with _lock.held(settings.DATA_DIR / LOCK):
            yield
    except Busy:
        raise HistoryRefused(_("Another import of a history is under way.")) from None


def _opened(path: Path) -> sqlite3.Connection:
    if not path.is_file():
        raise HistoryRefused(_("%(file)s is not there, or is no file.") % {"file": path})
    try:
        file = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise HistoryRefused(
            _("%(file)s can't be read: %(reason)s") % {"file": path, "reason": error}
        ) from error
    # what is not UTF-8 is told by row
    file.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
    return file


def _checked(file: sqlite3.Connection, path: Path) -> int:
    """The number of rows. Raises HistoryRefused where table or columns are not as expected."""
    try:
        found = [row[1] for row in file.execute(f"PRAGMA table_info({TABLE})")]
        if not found:
            raise HistoryRefused(
                _("%(file)s has no table “%(table)s”.") % {"file": path, "table": TABLE}
            )
        if missing := [name for name in COLUMNS if name not in found]:
            raise HistoryRefused(
                _("The table “%(table)s” lacks: %(missing)s.")
                % {"table": TABLE, "missing": ", ".join(missing)}
            )
        (count,) = file.execute(f"SELECT count(*) FROM {TABLE}").fetchone()  # noqa: S608
    except sqlite3.Error as error:
        raise HistoryRefused(
            _("%(file)s is no SQLite database that can be read: %(reason)s")
            % {"file": path, "reason": error}
        ) from error
    return int(count)


def _batches(file: sqlite3.Connection) -> Iterator[list[dict[str, Any]]]:
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    cursor = file.execute(f"SELECT {names} FROM {TABLE} ORDER BY id")  # noqa: S608
    while values := cursor.fetchmany(AT_ONCE):
        yield [dict(zip(COLUMNS, row, strict=True)) for row in values]


# --- a batch -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    """What a good row says."""

    id: str
    text: str
    toxic: bool
    toxicity: float
    labels: list[str]
    at: datetime
    others: dict[str, Any]

    @property
    def digest(self) -> str:
        return sha256(self.text.encode()).hexdigest()


def _take_over(rows: Sequence[dict[str, Any]], report: HistoryReport, *, dry_run: bool) -> None:
    good = []
    for values in rows:
        report.read += 1
        try:
            good.append(_read(values))
        except BadRow as error:
            report.rejected.append((_clean(values["id"]), str(error)))
    with transaction.atomic():
        known, forgotten = _known(good), sources.forgotten([row.digest for row in good])
        new = []
        for row in good:
            key = (row.id, row.digest)
            if key in known:
                report.present += 1
            elif row.digest in forgotten:
                report.erased += 1
            elif _is_expired(row):
                report.expired += 1
            else:
                known.add(key)
                new.append(row)
        if not dry_run:
            Analysis.objects.bulk_create([_draft(row) for row in new], batch_size=AT_ONCE)
    report.imported += len(new)


def _known(rows: Sequence[_Row]) -> set[tuple[str, str]]:
    """Number and digest of the rows that are here."""
    here = Analysis.objects.filter(
        source=SOURCE, owner__isnull=True, external_id__in=[row.id for row in rows]
    )
    return set(here.values_list("external_id", "text_digest"))


def _is_expired(row: _Row) -> bool:
    """Whether its text would be erased within the hour."""
    days = settings.RETENTION_DAYS
    return bool(days) and row.at < timezone.now() - timedelta(days=days)


def _draft(row: _Row) -> Analysis:
    tokens = serving.tokenize(row.text)
    language = serving.detected_language(row.text, tokens)
    return Analysis(
        text=row.text,
        text_digest=row.digest,
        normalized_digest=same_text_digest(row.text, tokens.words),
        search_text=fold(row.text),
        external_id=row.id,
        source=SOURCE,
        created_at=row.at,
        score=row.toxicity,
        toxic=row.toxic,
        decision=Decision.REVIEW if row.toxic else Decision.ALLOW,
        language=language or settings.DEFAULT_TEXT_LANGUAGE,
        language_certain=language is not None,
        threshold_review=REVIEW,
        threshold_block=BLOCK,
        categories={"toxic": row.toxicity},
        labels=row.labels,
        spans=[],
        text_length=len(row.text),
        **row.others,
    )


# --- a row -------------------------------------------------------------------------------------


def _read(values: dict[str, Any]) -> _Row:
    """Raises BadRow."""
    text = values["text"]
    if not isinstance(text, str):
        raise BadRow(_("There is no text."))
    try:
        check_text(text)
    except ValidationError as error:
        raise BadRow(" ".join(error.messages)) from error
    if values["toxic"] not in (0, 1):
        raise BadRow(_("“toxic” is neither 0 nor 1."))
    toxic = bool(values["toxic"])
    return _Row(
        id=_clean(values["id"])[:200],
        text=text,
        toxic=toxic,
        toxicity=_toxicity(values["score"], toxic=toxic),
        labels=_labels(values["labels"], toxic=toxic),
        at=_moment(values),
        others={
            "category": _category(values["category"]),
            "keywords_found": int(_number(values["keywords_found"])),
            "response_time_ms": _number(values["response_time_ms"]),
            "model_used": _clean(values["model_used"])[:50],
            "model_version": _clean(values["model_used"])[:20].strip(),
        },
    )


def _toxicity(score: Any, *, toxic: bool) -> float:
    """The probability of being toxic. There, a score was that of the class that was predicted, so
    never below one half; a lower one comes from its keywords, and says how toxic already."""
    if not isinstance(score, (int, float)) or not 0 <= score <= 1:
        raise BadRow(_("“score” is no number from 0 to 1."))
    return float(score) if toxic or score < REVIEW else 1 - float(score)


def _labels(given: Any, *, toxic: bool) -> list[str]:
    """The category codes among the labels; others said how the verdict came about."""
    try:
        labels = json.loads(given) if given else []
    except (TypeError, ValueError, RecursionError) as error:
        raise BadRow(_("“labels” is no JSON.")) from error
    if not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
        raise BadRow(_("“labels” is no list of words."))
    named = [FIRST_CATEGORIES[one] for one in labels if one in FIRST_CATEGORIES]
    return list(dict.fromkeys([*(["toxic"] if toxic else []), *named]))


def _category(given: Any) -> str:
    if given in (None, ""):
        return ""
    return FIRST_CATEGORIES.get(given, Category.OTHER.value)


def _moment(values: dict[str, Any]) -> datetime:
    """When it was stored, in UTC as SQLite has it; without that, when it was analysed."""
    for given in (values["created_at"], values["timestamp"]):
        try:
            moment = datetime.fromisoformat(given)
            at = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            if at.year >= 1970 and at <= timezone.now() + timedelta(days=1):
                return at.astimezone(UTC)
        except (TypeError, ValueError, OverflowError):
            continue
    raise BadRow(_("Neither “created_at” nor “timestamp” is a moment of the past."))


def _number(given: Any) -> float:
    """A figure of no weight, 0 where it can't be one."""
    return float(given) if isinstance(given, (int, float)) and 0 <= given <= MOST else 0.0


def _clean(given: Any) -> str:
    """As a database can hold it."""
    shown = "" if given is None else str(given)
    return shown.replace("\0", "").encode("utf-8", "replace").decode()
