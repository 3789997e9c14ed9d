"""Store files that this process has checked or written, so that they are not checked again.

A file is recognized by device, inode, size and times of change. Whatever another program changes
in it, or puts in its place, has another time or inode and is checked before it is read.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from pathlib import Path

from metalearn.errors import StoreError

__all__ = ["LOGS", "Identity", "admit", "file_identity", "is_admitted"]

LOGS = (".wal", ".wal.checkpoint", ".wal.recovery")  # files that DuckDB writes beside a database
_MOST = 256
Identity = tuple[int, int, int, int, int]
_ADMITTED: OrderedDict[Identity, None] = OrderedDict()
_LOCK = threading.Lock()


def file_identity(path: Path) -> Identity | None:
    """Return what changes whenever the file does; None beside a log, whose content would count.

    Raises:
        StoreError: If there is no such file.
    """
    if any(os.path.lexists(path.with_name(path.name + end)) for end in LOGS):
        return None
    try:
        about = path.stat()
    except OSError as error:
        raise StoreError(
            f"cannot read {path}: {error.strerror}; check the permissions of the file"
        ) from error
    return (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)


def is_admitted(known: Identity | None) -> bool:
    """Return whether this process knows the file as a sound store of the newest schema."""
    return known in _ADMITTED


def admit(known: Identity | None) -> None:
    """Remember a file that passed the check, or that this process wrote."""
    if known is None:
        return
    with _LOCK:
        _ADMITTED[known] = None
        while len(_ADMITTED) > _MOST:
            _ADMITTED.popitem(last=False)
