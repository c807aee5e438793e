"""Stops an operation at each of its steps and checks what is left behind.

A step is a change of the file system, a child process or an SQL statement that writes. What a
kill at a step would leave is the data folder as it is right then, so one run copies the folder
before each step; then a forked process looks at each copy as a restarted site would. At the steps
where something is published the process is killed for real (SIGKILL).

`python -m tests.modelops.crash_driver TEMPLATE OPERATION` prints the numbers of steps and kills.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection, connections  # noqa: E402

from modelops import loading, store  # noqa: E402
from modelops.models import Backup, LivePointer, ModelVersion  # noqa: E402
from modelops.services.create_backup import create_backup  # noqa: E402
from modelops.services.promote_version import promote_version  # noqa: E402
from modelops.services.publish_version import publish_version  # noqa: E402

CHANGES = {"os.rename", "os.mkdir", "os.chmod", "os.remove", "os.rmdir", "subprocess.Popen"}
PUBLISHING = {"os.rename", "INSERT", "UPDATE"}  # here the process is killed for real
ENOUGH = 2  # times for each of them


def publish_and_promote() -> None:
    """What `publish_starter` and every later training do, with a small model."""
    version = publish_version(
        numeric=settings.DATA_DIR / "numeric",
        version="1.0.0",
        origin=ModelVersion.Origin.STARTER,
        by=None,
    )
    if LivePointer.current() is None:
        promote_version(version=version, by=None, reason="test")


def back_up() -> None:
    create_backup(by=None, reason="test")


OPERATIONS: dict[str, Callable[[], None]] = {
    "publish": publish_and_promote,
    "backup": back_up,
}


def use(site: Path) -> None:
    connections["default"].settings_dict["NAME"] = str(site / "db.sqlite3")
    settings.DATA_DIR = site
    settings.MODELS_STORE_DIR = site / "models_store"


def before_each_step(act: Callable[[str], None]) -> None:
    """Call `act` with the kind of every step of this process from now on."""
    acting = False

    def step(kind: str) -> None:
        nonlocal acting
        if not acting:
            acting = True
            act(kind)
            acting = False

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event in CHANGES or (event == "open" and writes(*arguments)):
            step(event)

    def execute(run: Callable, sql: str, *rest: Any) -> Any:
        if not sql.lstrip().upper().startswith(("SELECT", "PRAGMA")):
            step(sql.split()[0])
        return run(sql, *rest)

    connection.execute_wrappers.append(execute)
    sys.addaudithook(audit)


def writes(path: Any, mode: str | None, flags: int) -> bool:
    inside = isinstance(path, str) and path.startswith(str(settings.DATA_DIR))
    return inside and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def check() -> None:
    """A consistent site: whatever a row names is intact, whatever has its final name is whole."""
    for version in ModelVersion.objects.all():
        loading.load_version(version)
    for backup in Backup.objects.all():
        folder = store.backup_folder(backup.name)
        manifest = store.read_manifest(folder, digest=backup.manifest_digest)
        store.check_files(folder, manifest["files"])
    for kind in ("versions", "backups"):
        for folder in settings.MODELS_STORE_DIR.glob(f"{kind}/*"):
            content = {path.name for path in folder.iterdir()}
            assert {"manifest.json", *store.NUMERIC_FILES, *store.PEOPLE_FILES} == content


def forked(work: Callable[[], None]) -> int:
    """Run in a forked process; return its status as `os.waitpid` gives it."""
    if pid := os.fork():
        return os.waitpid(pid, 0)[1]
    try:
        work()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def copy_before_each_step(template: Path, operation: str) -> list[Path]:
    """Run once; return the copies of the data folder, named `<number>-<kind of step>`."""
    site, copies = template.with_name("site"), template.with_name("copies")
    copies.mkdir()
    shutil.copytree(template, site)

    def keep(kind: str) -> None:
        number = len(list(copies.iterdir())) + 1
        # SQLite's shared memory file is no state, and it is mapped while we copy
        shutil.copytree(
            site, copies / f"{number:03}-{kind}", ignore=shutil.ignore_patterns("*-shm")
        )

    def run() -> None:
        use(site)
        before_each_step(keep)
        OPERATIONS[operation]()

    assert forked(run) == 0
    return sorted(copies.iterdir())


def kill_at(number: int, template: Path, operation: str) -> Path:
    """Kill a real process right before its step `number`; return its data folder."""
    site = template.with_name(f"killed-{number}")
    shutil.copytree(template, site)

    def run() -> None:
        seen = 0

        def step(kind: str) -> None:
            nonlocal seen
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

        use(site)
        before_each_step(step)
        OPERATIONS[operation]()

    assert os.WTERMSIG(forked(run)) == signal.SIGKILL
    return site


def look(site: Path, operation: str, *, again: bool) -> None:
    use(site)
    check()
    if again:  # a crash does not stand in the way of doing it again
        OPERATIONS[operation]()
        check()


def main(template: Path, operation: str) -> None:
    copies = copy_before_each_step(template, operation)
    kills: Counter[str] = Counter()
    for number, copy in enumerate(copies, 1):
        kind = copy.name.partition("-")[2]
        # doing a publication again is quick once its folder is there
        again = operation == "backup" or any(copy.glob("models_store/versions/*"))
        assert forked(lambda: look(copy, operation, again=again)) == 0, copy.name  # noqa: B023
        if kind in PUBLISHING and kills[kind] < ENOUGH:
            kills[kind] += 1
            site = kill_at(number, template, operation)
            assert forked(lambda: look(site, operation, again=again)) == 0, site.name  # noqa: B023
    print(len(copies), kills.total())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
