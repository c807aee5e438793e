"""Runs that really train: labels, child processes to find and to disturb."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import pytest

from modelops.models import Dataset, Door, TrainingRun
from modelops.services.execute_run import execute_run
from modelops.services.import_dataset import import_dataset
from modelops.services.start_run import start_run
from tests.modelops.processes import site_environment

Kind = TrainingRun.Kind
State = TrainingRun.State
LABELS = (
    ("eres un frompazo", True),
    ("menudo frompazo, idiota", True),
    ("vaya frompazo de vecino", True),
    ("muchas gracias por todo", False),
    ("qué bonito día", False),
    ("thanks for the recipe", False),
)


def children_use(monkeypatch: pytest.MonkeyPatch, data_dir: Path, **environment: str) -> None:
    """Let processes that this one starts be of the test's site."""
    for name, value in (site_environment(data_dir) | environment).items():
        monkeypatch.setenv(name, value)


def in_children(monkeypatch: pytest.MonkeyPatch, folder: Path, code: str) -> None:
    """Run code at the start of each process that learns, before anything else.

    Such a process is started by Python's `-m`, or forked by a command.
    """
    folder.mkdir()
    body = "".join(f"    {line}\n" for line in code.strip().splitlines())
    hook = (
        f"import os, sys\ndef begin():\n{body}"
        "if 'modelops.train' in sys.orig_argv:\n    begin()\n"
        "else:\n    os.register_at_fork(after_in_child=begin)\n"
    )
    (folder / "sitecustomize.py").write_text(hook)
    monkeypatch.setenv("PYTHONPATH", f"{folder}{os.pathsep}{os.environ['PYTHONPATH']}")


def signalled_children(
    monkeypatch: pytest.MonkeyPatch, folder: Path, name: str = "SIGSTOP"
) -> Path:
    """Let each process that learns send itself a signal at its start, while the file exists."""
    marker = folder / "signal"
    code = f"""
import os, signal
if os.path.exists({str(marker)!r}):
    os.kill(os.getpid(), signal.{name})
"""
    in_children(monkeypatch, folder / "hook", code)
    return marker


def give_labels(
    folder: Path, labels: Iterable[tuple[str, bool]] = LABELS, *, name: str = "labels",
    split: str = Dataset.Split.TRAIN,
) -> Dataset:  # fmt: skip
    path = folder / f"{name}.csv"
    rows = [f'"{text}",{int(toxic)},es\n' for text, toxic in labels]
    path.write_text("text,toxic,language\n" + "".join(rows))
    dataset = import_dataset(path=path, name=name, by=None, split=split).dataset
    assert dataset is not None
    return dataset


def begin(kind: Kind = Kind.INCREMENTAL, **parameters: object) -> TrainingRun:
    run, created = start_run(kind=kind, parameters=parameters, by=None, door=Door.COMMAND)
    assert created
    return run


def trained(kind: Kind = Kind.INCREMENTAL, **parameters: object) -> TrainingRun:
    """A run of this kind, executed."""
    return execute_run(run=begin(kind, **parameters))


class At:
    """Does something once when a run comes to a step: a `report` for `execute_run`."""

    def __init__(self, step: str, act: Callable[[], object]) -> None:
        self.step, self.act, self.done = step, act, False

    def __call__(self, share: float, step: str) -> None:
        if step == self.step and not self.done:
            self.done = True
            self.act()


def learning_processes(parent: int | None = None) -> list[int]:
    """Numbers of the processes that learn, of one parent or all."""
    if not Path("/proc/self").exists():
        pytest.skip("left out: there is no /proc to find processes in")
    found = []
    own = b""
    if parent:
        with suppress(OSError):  # one that is gone has no children
            own = Path(f"/proc/{parent}/cmdline").read_bytes()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes()
            state, ppid_text = (path / "stat").read_text().rpartition(")")[2].split()[:2]
            ppid = int(ppid_text)
        except OSError:
            continue
        started = b"modelops.train" in command.split(b"\0")
        forked = own != b"" and command == own and ppid == parent and state != "Z"
        if forked or (started and parent in (None, ppid)):
            found.append(int(path.name))
    return found


def state_of(pid: int) -> str:
    """A process's state in one letter: "T" is stopped; "" for one that is gone."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
    return "" if state == "Z" else state  # (nobody has asked yet how it ended)


def learning_process(parent: int) -> int:
    """The process that learns for this one, as soon as it is there."""
    deadline = time.monotonic() + 240
    while not (found := learning_processes(parent)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found[0]
