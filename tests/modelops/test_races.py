"""Two at once: one wins, nobody is lost, nothing is torn."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from modelops.models import Backup, Deployment, LivePointer, ModelVersion
from tests.modelops.models import write_small_model
from tests.modelops.processes import site_environment

pytestmark = pytest.mark.django_db(transaction=True)

# Every process gets ready, and all begin together when their input closes.
PREAMBLE = """
import sys
from pathlib import Path
import django; django.setup()
from modelops.errors import Superseded
from modelops.models import ModelVersion
from modelops.services.create_backup import create_backup
from modelops.services.promote_version import promote_version
from modelops.services.publish_version import publish_version
print("ready", flush=True)
sys.stdin.read()
"""
PROMOTE = """
version = ModelVersion.objects.get(version=sys.argv[1])
try:
    promote_version(version=version, by=None, reason="race")
    print("won")
except Superseded:
    print("superseded")
"""
BACK_UP = """
print(create_backup(by=None, reason="race").name)
"""
PUBLISH = """
version = publish_version(
    numeric=Path(sys.argv[1]), version="1.0.0", origin=ModelVersion.Origin.STARTER, by=None
)
print(version.manifest_digest)
"""


def at_once(code: str, *arguments: str, data_dir: Path) -> list[str]:
    """Run the code in one process per argument; return their last words."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PREAMBLE + code, argument],
            cwd=settings.BASE_DIR,
            env=site_environment(data_dir),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for argument in arguments
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.close()
    words = [process.stdout.read().split()[-1] for process in processes]
    assert [process.wait() for process in processes] == [0] * len(processes)
    return words


def test_of_promotions_at_once_each_is_recorded_or_superseded(
    live: ModelVersion, publish: Callable[..., ModelVersion], tmp_path: Path
) -> None:
    for number, strength in ((1, 6.0), (2, 5.0)):
        publish(f"1.0.{number}", strength=strength)
    words = Counter(at_once(PROMOTE, "1.0.1", "1.0.2", data_dir=tmp_path))
    assert words["won"] >= 1
    pointer = LivePointer.current()
    assert pointer.generation == 1 + words["won"]
    newest = Deployment.objects.first()
    assert (newest.version, newest.generation) == (pointer.version, pointer.generation)
    assert Deployment.objects.count() == 1 + words["won"]


def test_backups_at_once_are_all_whole(live: ModelVersion, store: Path, tmp_path: Path) -> None:
    words = at_once(BACK_UP, "a", "b", "c", data_dir=tmp_path)
    assert len(set(words)) == 3
    assert set(Backup.objects.values_list("name", flat=True)) == set(words)
    assert {path.name for path in (store / "backups").iterdir()} == set(words)


def test_publishing_the_same_at_once_makes_one_version(
    transactional_db: None, store: Path, tmp_path: Path
) -> None:
    numeric = str(write_small_model(tmp_path / "numeric"))
    words = at_once(PUBLISH, numeric, numeric, data_dir=tmp_path)
    version = ModelVersion.objects.get()
    assert set(words) == {version.manifest_digest}
    assert [path.name for path in (store / "versions").iterdir()] == [version.folder]
