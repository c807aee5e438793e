"""One process at a time, over all processes that share a folder."""

from __future__ import annotations

import errno
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# a file system without locks, or a network's that does not offer them
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EINVAL, errno.ENOSYS)


class Busy(Exception):
    """Somebody else held the lock for as long as the caller would wait."""


class FileLock:
    """A lock on a file that the kernel frees when its holder dies.

    A thread may take it again inside; another thread of the process waits, as other processes do.
    """

    def __init__(self, patience: float) -> None:
        self.patience = patience  # seconds
        self._mutex = threading.RLock()
        self._depth = 0

    @contextmanager
    def held(self, path: Path) -> Iterator[None]:
        """Hold the lock. Raises Busy, and OSError where the file can't be made."""
        if not self._mutex.acquire(timeout=self.patience):
            raise Busy
        try:
            self._depth += 1
            if self._depth > 1:
                yield
            else:
                with self._on_file(path):
                    yield
        finally:
            self._depth -= 1
            self._mutex.release()

    @contextmanager
    def _on_file(self, path: Path) -> Iterator[None]:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            deadline = time.monotonic() + self.patience
            while not _acquired(descriptor):
                if time.monotonic() > deadline:
                    raise Busy
                time.sleep(0.02)
            yield
        finally:
            os.close(descriptor)


def _acquired(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        # renames are whole without a lock; only reconciling the store must not run beside others
        if error.errno not in _NO_LOCKS:
            raise
    return True
