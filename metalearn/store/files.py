"""Files of a store: type of a path, copy, and publication by atomic rename."""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import stat
from pathlib import Path

from metalearn.errors import InputError, StoreError

__all__ = [
    "PROVENANCE", "copy", "discard", "publish", "replace_folder", "size_bytes", "sync",
    "what_lies_at",
]  # fmt: skip

PROVENANCE = "provenance.json"
_MAGIC_OFFSET, _MAGIC = 8, b"DUCK"
_ADDRESS = re.compile(r"(?:^|/)([a-z][a-z0-9+.-]+):/+(.*)")  # a path keeps one slash of two


def what_lies_at(path: Path) -> str:
    """Return `database` or `parquet`.

    Raises:
        InputError: If the path does not exist or is no store.
        StoreError: If it cannot be read.
    """
    if path.is_dir():
        if (path / PROVENANCE).is_file():
            return "parquet"
        raise InputError(
            f"{path} is a folder without {PROVENANCE}; expected a DuckDB file or a folder made by "
            "'metalearn kb export --format parquet DIR'"
        )
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would block
            raise InputError(
                f"{path} is a pipe or device; expected a DuckDB file; name a store with --kb"
            )
        with path.open("rb") as file:
            head = file.read(_MAGIC_OFFSET + len(_MAGIC))
    except FileNotFoundError:
        if address := _ADDRESS.search(path.as_posix()):
            raise InputError(
                f"{address[1]}://{address[2]} is an address; stores and lakes are opened from "
                "files of this machine alone. Copy it here first (aws s3 sync, rclone copy, curl) "
                "and name the copy with --kb"
            ) from None
        raise InputError(
            f"there is no store at {path}; make one with 'metalearn collect TABLES --kb {path}', "
            f"'metalearn import FORMAT PATH --kb {path}' or 'metalearn harvest openml --kb "
            f"{path}', or leave --kb out to use the bundled one"
        ) from None
    except OSError as error:
        raise StoreError(
            f"cannot read {path}: {error.strerror}; check the permissions of the file"
        ) from error
    if head[_MAGIC_OFFSET:] != _MAGIC:
        raise InputError(
            f"{path} is not a DuckDB file (expected {_MAGIC!r} at byte {_MAGIC_OFFSET}, got "
            f"{head[_MAGIC_OFFSET:]!r}); name a store with --kb, or load published data with "
            "'metalearn import'"
        )
    return "database"


def copy(source: Path, target: Path) -> None:
    """Copy a file, by a reflink where the file system supports it."""
    discard(target)
    try:
        with source.open("rb") as read, target.open("xb") as write:
            if not _reflink(read.fileno(), write.fileno()):
                shutil.copyfileobj(read, write, 1 << 22)
    except OSError as error:
        discard(target)
        raise StoreError(
            f"cannot copy {source} to {target}: {error.strerror}; writing needs as much free "
            "space as the store has, beside it"
        ) from error


def sync(path: Path) -> None:
    """Force a file or folder onto the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise StoreError(
            f"cannot write {path} to the disk: {error.strerror}; free space"
        ) from error
    finally:
        os.close(descriptor)


def publish(finished: Path, path: Path) -> None:
    """Replace `path` by a finished file; a reader sees either the old or the new one."""
    if path.exists():
        os.chmod(finished, path.stat().st_mode & 0o777)
    sync(finished)
    try:
        os.replace(finished, path)
    except OSError as error:
        raise StoreError(
            f"cannot replace {path}: {error.strerror}; the old snapshot is intact"
        ) from error
    if os.name == "posix":
        sync(path.parent)


def replace_folder(target: Path, *, by: Path, old: Path) -> None:
    """Put a finished folder in the place of another; a reader sees either of them.

    Where the system cannot exchange two folders at once, `old` keeps the former one between two
    renames.

    Args:
        target: The folder, which need not exist.
        by: The finished folder; gone or holding the former content afterwards.
        old: A path beside it that does not exist.
    """
    if not target.exists():
        by.rename(target)
    elif not _exchange(by, target):
        target.rename(old)
        by.rename(target)
    if os.name == "posix":
        sync(target.parent)


def _exchange(a: Path, b: Path) -> bool:
    """Exchange the names of two folders in one step (Linux); return whether it was done."""
    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    return bool(rename(here, os.fsencode(a), here, os.fsencode(b), exchange) == 0)


def discard(path: Path) -> None:
    """Remove a working copy and its write-ahead log, if they exist."""
    for leftover in (path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)


def size_bytes(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size


def _reflink(read: int, write: int) -> bool:
    ficlone = 0x40049409  # linux/fs.h; file systems with copy on write (btrfs, xfs)
    try:
        import fcntl

        fcntl.ioctl(write, ficlone, read)
    except (ImportError, OSError):
        return False
    return True
