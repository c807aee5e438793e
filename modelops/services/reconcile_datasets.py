from __future__ import annotations

from collections.abc import Iterator

from modelops import store
from modelops.errors import DamagedFiles
from modelops.models import Dataset

from .reconciliation import Finding
from .record_damage import forget_dataset, record_damaged_dataset


def reconcile_datasets(*, fix: bool) -> Iterator[Finding]:
    """Compare `datasets/` with its rows. Called with the store locked."""
    rows = {store.dataset_file(row.digest).name: row for row in Dataset.objects.all()}
    for name in store.names_in("datasets"):
        if name not in rows:
            if fix:
                store.quarantine(store.datasets_folder() / name)
            yield Finding(
                "unknown_dataset", f"datasets/{name}", outcome="quarantined" if fix else ""
            )
    for name, row in rows.items():
        path = store.dataset_file(row.digest)
        try:
            good = store.rows_digest(path) == row.digest
        except DamagedFiles:
            good = False
        if good:
            if fix:
                forget_dataset(pk=row.pk)
            continue
        missing = not path.exists()
        outcome = _put_aside(row, missing=missing) if fix else ""
        code = "dataset_without_file" if missing else "damaged_dataset"
        yield Finding(code, row.name, (name,), outcome)


def _put_aside(row: Dataset, *, missing: bool) -> str:
    """Keep a dataset whose texts are lost out of training, for somebody to import it again."""
    path = store.dataset_file(row.digest)
    changed = Dataset.objects.filter(pk=row.pk, active=True).update(active=False)
    record_damaged_dataset(dataset=row, names=[path.name])
    if not missing:
        store.quarantine(path)
    return "deactivated" if changed or not missing else ""
