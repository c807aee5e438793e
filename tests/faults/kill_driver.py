"""Kills an operation after each of its steps (SIGKILL) and looks at the site it leaves.

A step is a change of the file system, a sync, a child process or an SQL statement that writes.
Each kill has a copy of the site's data folder and a forked process of its own; then another
process looks at the copy as a restarted site would.

`python -m tests.faults.kill_driver SITE OPERATION…` prints for each operation how many steps there
were, and how many different things kills left behind.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

django.setup()

import joblib  # noqa: E402, F401 (before the forks: each of them writes pickles)
import sklearn.linear_model  # noqa: E402
import sklearn.pipeline  # noqa: E402, F401
from django.conf import settings  # noqa: E402
from django.db import connection, connections  # noqa: E402

from modelops import loading, selectors, serving, store  # noqa: E402
from modelops.ml.language import warm_up  # noqa: E402
from modelops.models import Backup, Dataset, LivePointer, ModelVersion  # noqa: E402
from modelops.services.reconcile_store import reconcile_store  # noqa: E402
from tests.faults.operations import ERASED, OPERATIONS, TAKES  # noqa: E402
from tests.people_files import MODULES, written_in_this_process  # noqa: E402

CHANGES = {"os.rename", "os.mkdir", "os.chmod", "os.remove", "os.rmdir", "subprocess.Popen"}
# what a kill may leave, and reconcile_store clears; anything else would be damage
ORPHANS = {"leftover", "unknown_version", "removed_version", "unknown_backup", "unknown_dataset"}
ORPHANS |= {"live_copies"}
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'modelops%' ORDER BY 1"
POINTERS = """
    SELECT version, state, manifest_digest, NULL FROM modelops_modelversion UNION ALL
    SELECT generation, version_id, NULL, NULL FROM modelops_livepointer UNION ALL
    SELECT digest, active, NULL, NULL FROM modelops_dataset UNION ALL
    SELECT text_digest, purged_at IS NULL, NULL, NULL FROM modelops_erasedtext
"""


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

    def fsync(descriptor: int, really: Callable[[int], None] = os.fsync) -> None:
        step("fsync")
        really(descriptor)

    os.fsync = fsync
    connection.execute_wrappers.append(execute)
    sys.addaudithook(audit)


def writes(path: Any, mode: str | None, flags: int) -> bool:
    inside = isinstance(path, str) and path.startswith(str(settings.DATA_DIR))
    return inside and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


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


def count_steps(site: Path, operation: str) -> int:
    reading, writing = os.pipe()

    def run() -> None:
        steps = 0

        def step(kind: str) -> None:
            nonlocal steps
            steps += 1

        use(site)
        before_each_step(step)
        OPERATIONS[operation]()
        os.write(writing, str(steps).encode())

    assert forked(run) == 0
    return int(os.read(reading, 20))


def kill_at(number: int, site: Path, operation: str) -> None:
    """Kill a process right before its step `number`: right after the one before."""

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


def look(site: Path, template: Path, operation: str) -> None:
    """What a restarted site finds, what reconciling makes of it, and that work goes on."""
    use(template)
    before = state()
    use_anew(site)
    check_alive(before, operation)
    found = reconcile_store(fix=False, by=None).findings
    assert {finding.code for finding in found} <= ORPHANS, found
    assert not reconcile_store(fix=True, by=None).left
    assert not (again := reconcile_store(fix=False, by=None).findings), again
    OPERATIONS[operation]()  # a crash does not stand in the way of doing it again
    check_alive(before, operation)
    assert not (again := reconcile_store(fix=False, by=None).findings), again
    if operation == "purge":
        assert not any(map(holds_erased, store.files_of_texts()))


def holds_erased(path: Path) -> bool:
    with store.open_texts(path) as handle:
        return ERASED in handle.read()


def use_anew(site: Path) -> None:
    connections.close_all()
    use(site)


def state() -> dict[str, set[str]]:
    """What there is: live version, versions with files, backups, datasets."""
    pointer = LivePointer.current()
    ready = ModelVersion.objects.exclude(state=ModelVersion.State.REMOVED)
    return {
        "live": {pointer.version.version} if pointer else set(),
        "versions": set(ready.values_list("version", flat=True)),
        "rows": set(ModelVersion.objects.values_list("version", flat=True)),
        "backups": set(Backup.objects.values_list("name", flat=True)),
        "datasets": set(Dataset.objects.values_list("name", flat=True)),
    }


def check_alive(before: dict[str, set[str]], operation: str) -> None:
    """Nothing is lost, whatever a row names is good, and the champion serves."""
    now = state()
    assert now["rows"] >= before["rows"]
    for kind in {"versions", "backups", "datasets"} - TAKES.get(operation, set()):
        assert now[kind] >= before[kind], (kind, before, now)
    if before["backups"]:
        assert now["backups"]
    for version in ModelVersion.objects.exclude(state=ModelVersion.State.REMOVED):
        loading.load_version(version)
    for backup in Backup.objects.all():
        folder = store.backup_folder(backup.name)
        manifest = store.read_manifest(folder, digest=backup.manifest_digest)
        store.check_files(folder, manifest["files"])
    for dataset in Dataset.objects.all():
        assert store.rows_digest(store.dataset_file(dataset.digest)) == dataset.digest
    if now["live"]:
        serving.look_again()
        verdict = serving.analyze(["Eres un idiota"], languages=["es"])[0]
        assert verdict.toxic
        assert {verdict.model_version} == now["live"]
        assert not selectors.model_status()["degraded"]
    else:
        assert not before["live"]


def work_in_this_process() -> None:
    for module in MODULES:
        module.people_files_written = written_in_this_process
    warm_up()


def main(template: Path, operations: list[str]) -> None:
    work_in_this_process()
    for operation in operations:
        steps, outcomes = kill_at_each_step(template, operation)
        print(operation, steps, outcomes)


def kill_at_each_step(template: Path, operation: str) -> tuple[int, int]:
    whole = template.with_name("whole")
    shutil.copytree(template, whole)
    steps = count_steps(whole, operation)
    shutil.rmtree(whole)
    looked_at = set()
    for number in range(1, steps + 1):
        site = template.with_name(f"killed-{number}")
        shutil.copytree(template, site)
        kill_at(number, site, operation)
        # before and after a sync, say, the same is there: one look is enough
        if (left := what_is_there(site)) not in looked_at:
            looked_at.add(left)
            status = forked(lambda: look(site, template, operation))  # noqa: B023
            assert status == 0, f"{operation}, step {number}"
        shutil.rmtree(site)
    return steps, len(looked_at)


def what_is_there(site: Path) -> str:
    """Files of the store with their sizes, in staging folders by name only, and counts of rows."""
    top = site / "models_store"
    lines = [
        f"{path.relative_to(top)} {path.stat().st_size if path.is_file() else ''}"
        for path in sorted(top.rglob("*"))
        if ".staging" not in path.parts or path.parent.name == ".staging"
    ]
    database = sqlite3.connect(site / "db.sqlite3")
    try:
        for (table,) in database.execute(TABLES).fetchall():
            (count,) = database.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()
            lines.append(f"{table} {count}")
        lines += map(str, database.execute(POINTERS))
    finally:
        database.close()
    # names and times differ from one run to the next
    return re.sub(r"-\w{8}$|\d{8}_\d{6}|-\d+-\w{8}(?= )", "", "\n".join(lines), flags=re.M)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
