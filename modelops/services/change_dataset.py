"""Take a dataset out of the next training, or back into it, or away."""

from __future__ import annotations

from django.contrib.auth.models import User

from modelops import store
from modelops.models import Dataset, Door, Operation

from .changing_rows import changing_rows
from .record_damage import forget_dataset
from .record_operation import record_operation


def set_dataset_active(
    *, dataset: Dataset, active: bool, by: User | None, door: Door = Door.COMMAND
) -> bool:
    """Let the next training learn from a dataset or not; False when it was so before."""
    with changing_rows():
        rows = Dataset.objects.filter(pk=dataset.pk, active=not active)
        changed = rows.update(active=active)
        if changed:
            record_operation(
                kind=Operation.Kind.ACTIVATE_DATASET,
                target=dataset.name,
                by=by,
                door=door,
                before={"active": not active},
                after={"active": active},
            )
    dataset.active = active
    return bool(changed)


def delete_dataset(
    *, dataset: Dataset, by: User | None, door: Door = Door.COMMAND, reason: str = ""
) -> bool:
    """Delete a dataset with its texts; False when somebody else did so before.

    The next training learns without it. The row goes first: a crash leaves a file that nothing
    points to.
    """
    with store.locked():
        with changing_rows():
            # by its digest as it is now: a purge may have written the file anew
            row = Dataset.objects.select_for_update().filter(pk=dataset.pk).first()
            if row is None:
                return False
            row.delete()
            record_operation(
                kind=Operation.Kind.DELETE_DATASET,
                target=row.name,
                by=by,
                door=door,
                reason=reason,
                before={"rows": row.rows, "split": row.split, "digest": row.digest},
            )
            forget_dataset(pk=dataset.pk)
        store.remove_dataset(row.digest)
    return True
