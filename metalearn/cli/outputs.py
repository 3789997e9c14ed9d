"""Checks before a command runs that its output can be written, so that no result is lost.

Options are checked by name, so that a command with one of them needs no code for it.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from metalearn.errors import UsageError

__all__ = ["check_outputs"]

_FILES = ("html", "output", "save", "script")
_FOLDERS = ("out",)  # made if absent


def check_outputs(arguments: argparse.Namespace) -> None:
    """Refuse places where nothing can be written.

    Raises:
        UsageError: If a folder is missing or cannot be written, or a folder is named as a file.
    """
    for name in _FILES:
        if getattr(arguments, name, None):
            _check_file(f"--{name}", Path(getattr(arguments, name)))
    for name in _FOLDERS:
        if getattr(arguments, name, None):
            _check_folder(f"--{name}", Path(getattr(arguments, name)))


def _check_file(option: str, path: Path) -> None:
    if path.is_dir():
        raise UsageError(f"{option}: {str(path)!r} is a folder; name a file in it")
    folder = path.parent
    if not folder.is_dir():
        raise UsageError(
            f"{option}: there is no folder {str(folder)!r}; make it first (mkdir -p {folder}), or "
            "name another file"
        )
    if path.exists() and not (path.is_file() and os.access(path, os.W_OK)):
        raise UsageError(f"{option}: {str(path)!r} cannot be written; name another file")
    if not path.exists() and not os.access(folder, os.W_OK):
        raise UsageError(f"{option}: {str(folder)!r} cannot be written; name another folder")


def _check_folder(option: str, path: Path) -> None:
    place = path
    while not os.path.lexists(place):
        place = place.parent
    if not place.is_dir():
        raise UsageError(f"{option}: {str(place)!r} is not a folder; name a new or existing one")
    if not os.access(place, os.W_OK):
        raise UsageError(f"{option}: {str(place)!r} cannot be written; name another folder")
