"""Child processes that end with their parent, and that the parent ends at any time."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from typing import Any

__all__ = ["die_with_parent", "end", "slowness_of"]

_PATIENCE_S = 2.0


def die_with_parent() -> None:
    """End this process when the one that started it ends, however it ends."""
    with contextlib.suppress(OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    parent = multiprocessing.parent_process()
    if parent is not None:
        thread = threading.Thread(target=_watch, args=(parent,), daemon=True)
        thread.start()


def end(process: Any) -> None:
    """Kill a process and wait for its end, but not for long: the system may be busy freeing it."""
    process.kill()
    process.join(_PATIENCE_S)


def slowness_of(pid: int) -> float:
    """Return how many times longer a process takes as it waits for a processor; 1 if unknown.

    It is the time that a process was ready to run over the time that it ran.
    """
    try:
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            ran, waited = map(int, file.read().split()[:2])
    except (OSError, ValueError):
        return 1.0
    return (ran + waited) / max(ran, 1_000_000)


def _watch(parent: Any) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGKILL)
