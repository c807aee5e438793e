"""No room on the disk: a clear sentence, and the site is as it was."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.processes import run

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="each fault gets a copy of the file"),
]
# a small file system of one's own, in a namespace that ends with the process
OWN_DISK = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
MOUNT = 'mount -t tmpfs -o size={size} tmpfs "{disk}" && '


def may_mount(disk: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    command = [*OWN_DISK, MOUNT.format(size="100k", disk=disk) + "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("operation", ["publish", "backup", "restore"])
def test_on_a_full_disk(site: Path, tmp_path: Path, operation: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not may_mount(disk):
        pytest.skip("a small file system cannot be mounted here (unshare, tmpfs)")
    shell = MOUNT.format(size="6m", disk=disk) + 'exec "$0" "$@"'
    arguments = ["-m", "tests.faults.full_disk", str(site), str(disk), operation]
    result = run(arguments, before=[*OWN_DISK, shell])
    assert result.returncode == 0, result.stderr
    said = result.stdout.splitlines()
    assert len(said) >= 2
    assert "The model files cannot be written (No space left on device)" in result.stdout
    assert all("cannot be written" in line or "can't be written" in line for line in said)


SMALL_FILES = """
import resource, sys
from pathlib import Path
import tests.faults.kill_driver as driver
from modelops.errors import OperationFailed
driver.work_in_this_process()
driver.use(Path(sys.argv[1]))
before = driver.state()
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))  # no file may grow beyond
try:
    driver.OPERATIONS[sys.argv[2]]()
except OperationFailed as error:
    print(error)
driver.check_alive(before, sys.argv[2])
assert driver.state() == before
"""


@pytest.mark.parametrize("operation", ["publish", "backup", "restore"])
def test_where_files_may_not_grow(site: Path, operation: str) -> None:
    """The same where no file system can be mounted."""
    result = run(["-c", SMALL_FILES, str(site), operation])
    assert result.returncode == 0, result.stderr
    assert "The model files cannot be written" in result.stdout
    assert not any((site / "models_store" / ".staging").iterdir())
