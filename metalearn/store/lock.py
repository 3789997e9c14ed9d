"""Writer lock of a store: a lock file held by the operating system while the process lives.

The kernel frees the lock when its process ends in any way, so a dead process leaves no lock. The
text in the file only serves the error message of other processes.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import time
from pathlib import Path
from weakref import WeakSet

from metalearn.errors import BusyError, StoreError

__all__ = ["WriterLock"]

_HELD: WeakSet[WriterLock] = WeakSet()
# Links are not followed, as their target would be overwritten; pipes do not block.
_FLAGS = (
    os.O_RDWR
    | os.O_CREAT
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
)


class WriterLock:
    """Exclusive right to write one store; a context manager that fails at once if it is held.

    Args:
        store: Path of the store; the lock file is beside it, with `.lock` appended.
    """

    def __init__(self, store: Path) -> None:
        self.store = store
        self.path = store.with_name(store.name + ".lock")
        self._descriptor = -1

    def __enter__(self) -> WriterLock:
        while self._descriptor < 0:
            self._try()
        text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()})
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)
        _HELD.add(self)
        return self

    def __exit__(self, *exception: object) -> None:
        self.path.unlink(missing_ok=True)
        self.forget()

    def forget(self) -> None:
        """Close the lock file without removing it (a forked child must not hold the lock)."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        _HELD.discard(self)

    def _try(self) -> None:
        try:
            descriptor = os.open(self.path, _FLAGS, 0o644)
        except OSError as error:
            if self.path.is_symlink():
                raise _not_a_lock(self.path) from error
            raise StoreError(
                f"cannot write beside {self.store}: {error.strerror}; "
                "make the folder writable, or write to a store elsewhere with --kb"
            ) from error
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_nlink > 1:
            os.close(descriptor)
            raise _not_a_lock(self.path)
        if not _lock(descriptor):
            holder = _holder(descriptor)
            os.close(descriptor)
            busy = BusyError(
                f"{self.store} is being written by {holder}; wait until it has finished (readers "
                "are not disturbed), or end that process: nothing that was published is lost"
            )
            busy.holder = holder
            raise busy
        try:
            # The former holder may have removed the file before this lock was acquired.
            is_ours = os.fstat(descriptor).st_ino == self.path.stat().st_ino
        except FileNotFoundError:
            is_ours = False
        if is_ours:
            self._descriptor = descriptor
        else:
            os.close(descriptor)


def _not_a_lock(path: Path) -> StoreError:
    return StoreError(
        f"{path} is a link, pipe or device where the lock of a writer belongs; it is not "
        "followed, because what it points at would be overwritten. Remove it and run again"
    )


def _lock(descriptor: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        return _lock_windows(descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_windows(descriptor: int) -> bool:
    import msvcrt

    try:
        # A byte far behind the text, so that other processes can read the holder.
        os.lseek(descriptor, 1 << 20, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]  # Windows only
    except OSError:
        return False
    return True


def _holder(descriptor: int) -> str:
    try:
        about = json.loads(os.pread(descriptor, 4096, 0))
        since = max(0.0, time.time() - float(about["since"]))
    except (ValueError, KeyError, TypeError):  # the holder has not written its text yet
        return BusyError.holder
    return f"process {int(about['pid'])} on {about['host']} for {since:.0f} s"


def _forget_all() -> None:
    for lock in list(_HELD):
        lock.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
