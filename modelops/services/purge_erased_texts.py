from __future__ import annotations

import csv
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import structlog
from django.utils import timezone

from modelops import store
from modelops.dataset_files import TEXT, written_dataset
from modelops.datasets import COLUMNS
from modelops.errors import DamagedFiles, OperationFailed
from modelops.ml.labels import text_digest
from modelops.ml.site_vectors import cached_digests
from modelops.models import Dataset, ErasedText

from .changing_rows import changing_rows
from .record_damage import forget_dataset, record_damaged_dataset

logger = structlog.get_logger(__name__)
UNREADABLE = (OSError, EOFError, zlib.error, csv.Error, UnicodeDecodeError, StopIteration)


def purge_erased_texts() -> int:
    """Take erased texts out of the files of datasets and of caches; return how many rows went.

    A dataset without them is written beside the old one, then its row follows, then the old file
    goes. Killed in between, the next purge does the rest.
    """
    _purge_caches()
    waiting = dict(
        ErasedText.objects.filter(purged_at=None).values_list("text_digest", "pk").iterator()
    )
    if not waiting:
        return 0
    erased = frozenset(bytes.fromhex(digest) for digest in waiting)
    removed, complete = 0, True
    for dataset in Dataset.objects.all():
        try:
            removed += _purge_dataset(dataset, erased)
        except DamagedFiles as error:
            # what can't be read can't be rewritten: it stays on the list
            record_damaged_dataset(dataset=dataset, names=error.names)
            complete = False
    _purge_loose_files(erased)
    if complete:
        for pks in _chunks(list(waiting.values())):
            rows = ErasedText.objects.filter(pk__in=pks, purged_at=None)
            rows.update(purged_at=timezone.now())
    logger.info("texts.purged", texts=len(waiting), rows=removed, complete=complete)
    return removed


def drop_caches(*, digests: Collection[str]) -> int:
    """Drop the caches that know one of the texts (SHA-256, hex); return how many that were."""
    dropped = 0
    for path in store.cache_files() if digests else ():
        if not set(cached_digests(path)).isdisjoint(digests):
            store.remove_text_file(path)
            dropped += 1
    return dropped


def _purge_caches() -> None:
    """Drop caches with an erased text; a training that ran meanwhile may have kept it anew."""
    for path in store.cache_files():
        for digests in _chunks(cached_digests(path)):
            if ErasedText.objects.filter(text_digest__in=digests).exists():
                store.remove_text_file(path)
                break


def _purge_dataset(dataset: Dataset, erased: Collection[bytes]) -> int:
    """Rewrite one dataset if it holds erased texts; return how many rows went."""
    path = store.dataset_file(dataset.digest)
    if not _holds(path, erased):
        return 0
    with store.staging("dataset") as folder:
        staged = folder / "rows.csv.gz"
        with (
            store.open_dataset(dataset.digest) as handle,
            written_dataset(staged) as writer,
        ):
            reader = csv.reader(handle)
            next(reader)
            for cells in reader:
                if bytes.fromhex(text_digest(cells[TEXT])) not in erased:
                    writer.add(cells)
        with store.locked():
            if writer.rows:
                store.publish_dataset(staged, digest=writer.digest)
            _follow(
                dataset,
                digest=writer.digest,
                rows=writer.rows,
                toxic_rows=writer.toxic,
                language_counts=dict(writer.language_counts),
            )
            store.remove_dataset(dataset.digest)
    logger.info("dataset.purged", dataset=dataset.name, rows=dataset.rows - writer.rows)
    return dataset.rows - writer.rows


def _follow(dataset: Dataset, *, digest: str, rows: int, **figures: object) -> None:
    """Let the row follow the new file; no row where nothing is left, or another holds the same."""
    with changing_rows():
        row = Dataset.objects.filter(pk=dataset.pk, digest=dataset.digest)
        if rows and not Dataset.objects.filter(digest=digest).exists():
            changed = bool(row.update(digest=digest, rows=rows, **figures))
        else:
            changed = bool(row.delete()[0])
            forget_dataset(pk=dataset.pk)
        if not changed:
            raise OperationFailed(f"dataset {dataset.pk} changed meanwhile")


def _purge_loose_files(erased: Collection[bytes]) -> None:
    """Delete files of texts that no row names, where they hold erased texts."""
    with store.locked():
        named = {store.dataset_file(digest) for digest in _digests()}
        for path in store.files_of_texts():
            if path in named:
                continue
            try:
                if _holds(path, erased):
                    store.remove_text_file(path)
            except DamagedFiles:
                store.remove_text_file(path)  # nobody can tell what is in it


def _digests() -> list[str]:
    return list(Dataset.objects.values_list("digest", flat=True))


def _holds(path: Path, erased: Collection[bytes]) -> bool:
    """Whether a file of labelled texts holds one of the erased. Raises DamagedFiles."""
    try:
        with store.open_texts(path) as handle:
            reader = csv.reader(handle)
            if next(reader) != list(COLUMNS):
                raise DamagedFiles([path.name])
            return any(bytes.fromhex(text_digest(cells[TEXT])) in erased for cells in reader)
    except UNREADABLE as error:
        raise DamagedFiles([path.name]) from error


def _chunks(values: list[Any], size: int = 500) -> list[list[Any]]:
    return [values[start : start + size] for start in range(0, len(values), size)]
