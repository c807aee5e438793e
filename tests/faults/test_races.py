"""Two restores at once, in processes of their own: each is whole, or told that it came too late."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from modelops import store as files
from modelops.loading import load_version
from modelops.models import Backup, Deployment, LivePointer, ModelVersion
from modelops.services.promote_version import promote_version
from modelops.services.reconcile_store import reconcile_store
from tests.modelops.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
RESTORE = """
from modelops.models import Backup
from modelops.services.restore_backup import restore_backup
backup = Backup.objects.get(name=sys.argv[1])
try:
    restore_backup(backup=backup, by=None, reason="race")
    print("won")
except Superseded:
    print("superseded")
"""


def test_restores_at_once(
    live: ModelVersion, publish: Callable[..., ModelVersion], tmp_path: Path
) -> None:
    """Both publish the same lost version anew; a third restores another one."""
    for number, strength in ((1, 6.0), (2, 5.0)):
        promote_version(version=publish(f"1.0.{number}", strength=strength), by=None, reason="test")
    lost = Backup.objects.get(version__version="1.0.0")
    other = Backup.objects.get(version__version="1.0.1")
    shutil.rmtree(files.version_folder(live.folder))
    words = Counter(at_once(RESTORE, lost.name, lost.name, other.name, data_dir=tmp_path))
    assert words["won"] >= 1
    assert words.total() == 3
    assert Deployment.objects.count() == 3 + words["won"]
    pointer = LivePointer.current()
    newest = Deployment.objects.first()
    assert (newest.version, newest.generation) == (pointer.version, pointer.generation)
    for version in ModelVersion.objects.all():
        load_version(version)
    assert not reconcile_store(fix=False, by=None).findings
