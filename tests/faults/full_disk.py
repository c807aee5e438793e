"""Runs an operation with less and more room on the disk, and looks at the site after each time.

`python -m tests.faults.full_disk SITE DISK OPERATION` works in DISK, a small file system of its
own, which it fills itself. It prints what the operation said each time that it had no room.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from tests.faults import kill_driver as driver

from modelops.errors import OperationFailed  # isort: skip (django.setup() comes first)
from modelops.services.reconcile_store import reconcile_store  # isort: skip

STEP = 24 * 1024  # bytes of room more each time
MOST = 60  # times


def free(disk: Path) -> int:
    found = os.statvfs(disk)
    return found.f_bavail * found.f_frsize


def attempt(site: Path, operation: str) -> None:
    """The operation succeeds, or fails with a sentence for people; then all goes on as before."""
    driver.use(site)
    before = driver.state()
    try:
        driver.OPERATIONS[operation]()
    except OperationFailed as error:
        print(error, flush=True)
    driver.connections.close_all()
    driver.check_alive(before, operation)
    found = reconcile_store(fix=False, by=None).findings
    assert {finding.code for finding in found} <= driver.ORPHANS, found


def afterwards(site: Path, operation: str) -> None:
    """Once there is room again, everything works."""
    driver.use(site)
    before = driver.state()
    assert not reconcile_store(fix=True, by=None).left
    driver.OPERATIONS[operation]()
    driver.check_alive(before, operation)
    assert not reconcile_store(fix=False, by=None).findings


def main(template: Path, disk: Path, operation: str) -> None:
    driver.work_in_this_process()
    filler, site = disk / "filler", disk / "site"
    for number in range(MOST):
        shutil.copytree(template, site)
        # the first look of a process at the database makes its log and its index
        assert driver.forked(lambda: driver.use(site) or driver.state()) == 0
        room = number * STEP
        with filler.open("wb") as handle:
            os.posix_fallocate(handle.fileno(), 0, max(free(disk) - room, 1))
        assert free(disk) <= room
        assert driver.forked(lambda: attempt(site, operation)) == 0, f"{room} bytes of room"
        enough = free(disk) > STEP
        filler.unlink()
        assert driver.forked(lambda: afterwards(site, operation)) == 0, f"{room} bytes of room"
        shutil.rmtree(site)
        if enough:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
