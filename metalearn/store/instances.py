"""Instances of DuckDB that wait for the next reader or writer of the same store.

Starting an instance takes five times as long as attaching a checked file. A reader
or writer that closes a store detaches its file, which unlocks it, and leaves the instance to the
next one at that path, the only store that the instance may read or write.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.store.connecting import restricted

if TYPE_CHECKING:
    import duckdb

__all__ = ["leave", "take", "working_copies"]

_MOST = 4
_IDLE: OrderedDict[Path, duckdb.DuckDBPyConnection] = OrderedDict()
_LOCK = threading.Lock()


def working_copies(path: Path) -> tuple[Path, Path]:
    """Return where a writer changes a store, and where it makes the next one ready."""
    return path.with_name(path.name + ".writing"), path.with_name(path.name + ".publishing")


def take(path: Path) -> duckdb.DuckDBPyConnection:
    """Return an instance that may use this store and its working copies; none is attached."""
    with _LOCK:
        idle = _IDLE.pop(path, None)
    return idle or restricted([path, *working_copies(path)])


def leave(path: Path, instance: duckdb.DuckDBPyConnection) -> None:
    """Keep an instance, to which nothing is attached, for the next call of `take`."""
    with _LOCK:
        surplus = [_IDLE.pop(path)] if path in _IDLE else []
        _IDLE[path] = instance
        surplus += [_IDLE.popitem(last=False)[1] for _ in range(len(_IDLE) - _MOST)]
    for former in surplus:
        former.close()


def _before_fork() -> None:
    """Close what waits: a forked process could neither use nor close it."""
    _LOCK.acquire()
    while _IDLE:
        _IDLE.popitem()[1].close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork, after_in_parent=_LOCK.release, after_in_child=_LOCK.release
    )
