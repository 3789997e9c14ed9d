"""A bounded folder of computed values, safe to delete: one file per key, JSON and arrays.

A file is an `npz` archive without pickle. It holds the whole key, so that no other question can
read it, and a checksum of every part. A file that is missing, damaged, truncated or of another key
is a miss. Files are written beside their place and renamed, so that several processes may read and
write at once. A disk that is full or read-only is no error: nothing is kept then. Beyond the size
limit the files that were used least recently are removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import struct
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from metalearn.core.plain_state import Array, NotPlainError, packed, unpacked

__all__ = ["ArrayCache", "default_cache"]

_END, _PART = ".npz", ".part"
_ABOUT, _VALUE = "about.json", "value.json"
_OLD_PART_S = 3600.0
_MOST_BYTES = 1 << 30
_BLOCK = 1 << 20  # bytes that are written at once
_OFF = ("", "off", "0")
_DAMAGE = (
    OSError, EOFError, ValueError, TypeError, LookupError, AttributeError, ImportError,
    RuntimeError, NotPlainError, MemoryError,
    zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
"""What reading a damaged or foreign file may raise: all of it is a miss."""


@dataclass(frozen=True, slots=True)
class ArrayCache:
    """The folder.

    Attributes:
        folder: Where files lie; made when the first value is kept. None: nothing is kept.
        most_bytes: Bytes that all files together may take; a value of more than half is not kept.
    """

    folder: Path | None
    most_bytes: int = _MOST_BYTES

    def read(self, key: str) -> Any:  # Any: whatever was kept
        """Return the value kept under a key; None if there is none that can be read."""
        if self.folder is None:
            return None
        path = self._path(key)
        try:
            with zipfile.ZipFile(path) as archive:
                about = json.loads(archive.read(_ABOUT))
                if about["key"] != key:
                    return None
                text = archive.read(_VALUE).decode()
                arrays = [_array(archive, f"{i}.npy") for i in range(about["n_arrays"])]
            value = unpacked(text, arrays)
        except FileNotFoundError:
            return None
        except _DAMAGE:
            _remove(path)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # used now
        return value

    def keep(self, key: str, value: object) -> bool:
        """Keep a value under a key, if it is plain and the disk has room; return whether it is."""
        if self.folder is None:
            return False
        try:
            text, arrays = packed(value)
        except NotPlainError:
            return False
        size = len(text) + sum(array.nbytes for array in arrays)
        if size > self.most_bytes // 2:
            return False
        part = self._path(key).with_suffix(f".{os.getpid()}-{os.urandom(4).hex()}{_PART}")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(part, key, text, arrays)
            os.replace(part, self._path(key))
        except OSError:
            _remove(part)
            return False
        self._shrink()
        return True

    def _path(self, key: str) -> Path:
        assert self.folder is not None
        return self.folder / (hashlib.sha256(key.encode()).hexdigest()[:32] + _END)

    def _shrink(self) -> None:
        """Remove what was used least recently beyond the limit, and parts of killed processes."""
        assert self.folder is not None
        found: list[tuple[float, int, Path]] = []
        with contextlib.suppress(OSError):
            for entry in os.scandir(self.folder):
                with contextlib.suppress(OSError):
                    about = entry.stat()
                    if entry.name.endswith(_END):
                        found.append((about.st_mtime, about.st_size, Path(entry.path)))
                    elif entry.name.endswith(_PART) and _age_s(about.st_mtime) > _OLD_PART_S:
                        _remove(Path(entry.path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self.most_bytes:
                return
            _remove(path)
            total -= size


def default_cache() -> ArrayCache:
    """Return the cache in `$METALEARN_CACHE`, else in the platform's folder for caches.

    `METALEARN_CACHE=off` keeps nothing; `$METALEARN_CACHE_MB` sets the size limit.
    """
    named = os.environ.get("METALEARN_CACHE")
    if named is not None and named.strip().lower() in _OFF:
        return ArrayCache(None)
    limit = os.environ.get("METALEARN_CACHE_MB", "")
    most = int(limit) << 20 if limit.isdecimal() else _MOST_BYTES
    try:
        return ArrayCache(Path(named).expanduser() if named else _platform_folder(), most)
    except RuntimeError:  # no home directory
        return ArrayCache(None)


def _platform_folder() -> Path:
    if os.environ.get("XDG_CACHE_HOME"):
        base = Path(os.environ["XDG_CACHE_HOME"])
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    else:
        base = Path.home() / ".cache"
    return base / "metalearn"


def _write(path: Path, key: str, text: str, arrays: list[Array]) -> None:
    with zipfile.ZipFile(path, "x", zipfile.ZIP_STORED) as archive:
        archive.writestr(_ABOUT, json.dumps({"key": key, "n_arrays": len(arrays)}))
        archive.writestr(_VALUE, text)
        for i, array in enumerate(arrays):
            with archive.open(f"{i}.npy", "w", force_zip64=True) as file:
                _write_array(file, array)


def _write_array(file: IO[bytes], array: Array) -> None:
    """Write an array in numpy's format, without copies of large ones in one order of axes."""
    if not array.flags.forc:
        array = np.ascontiguousarray(array)
    about = np.lib.format.header_data_from_array_1_0(array)
    np.lib.format.write_array_header_1_0(file, about)
    flat = np.ravel(array, order="A").view(np.uint8)
    for start in range(0, len(flat), _BLOCK):
        file.write(flat[start : start + _BLOCK].data)


def _array(archive: zipfile.ZipFile, name: str) -> Array:
    """Return an array of the archive; its checksum is compared."""
    content = archive.read(name)
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    reader: Callable[..., Any] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }[version]
    shape, is_fortran, dtype = reader(file)
    if dtype.hasobject:
        raise ValueError("an array of objects")
    if file.tell() == len(content):
        return np.empty(shape, dtype)
    flat = np.frombuffer(content, dtype, offset=file.tell())
    return flat.reshape(shape, order="F" if is_fortran else "C")


def _age_s(written: float) -> float:
    return time.time() - written


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
