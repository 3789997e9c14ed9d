"""The version of the installed code, as part of the key of everything that is kept on disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["code_version", "library_versions"]


_LIBRARIES = ("numpy", "scipy", "scikit-learn", "duckdb", "pandas")


@cache
def code_version() -> str:
    """Return the versions of metalearn and of its libraries, and a digest of the source files.

    The digest covers name, size and time of change of every module, so that a working copy under
    development never reads what its previous state computed.
    """
    from metalearn import __version__

    package = Path(__file__).resolve().parents[1]
    state = hashlib.sha256()
    for name, size, changed in sorted(_modules(str(package), len(str(package)))):
        state.update(f"{name}\t{size}\t{changed}\n".encode())
    return ", ".join([f"metalearn {__version__}", *library_versions(), state.hexdigest()[:16]])


def library_versions() -> list[str]:
    """Return name and version of each library that results depend on."""
    return [f"{name} {_version(name)}" for name in _LIBRARIES]


@cache
def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def _modules(folder: str, skip: int) -> Iterator[tuple[str, int, int]]:
    for entry in os.scandir(folder):
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _modules(entry.path, skip)
        elif entry.name.endswith((".py", ".sql")):
            about = entry.stat()
            yield entry.path[skip:], about.st_size, about.st_mtime_ns
