"""Default locations of stores: the user's store and the bundled ones."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from metalearn.errors import InputError
from metalearn.store.files import PROVENANCE

__all__ = ["bundled_at_size", "bundled_store", "default_store", "user_store"]


def default_store() -> Path:
    """Return `$METALEARN_KB`, else the user's store if it exists, else the bundled one."""
    named = os.environ.get("METALEARN_KB")
    if named:
        return Path(named).expanduser()
    own = user_store()
    return own if own.exists() else bundled_store()


def user_store() -> Path:
    """Return the path of the user's store, which need not exist."""
    home = Path.home()
    if os.environ.get("XDG_DATA_HOME"):
        base = Path(os.environ["XDG_DATA_HOME"])
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
    else:
        base = home / ".local" / "share"
    return (base / "metalearn" / "metalearn.duckdb").resolve()


def bundled_store() -> Path:
    """Return the folder of the bundled meta-dataset: in the package, or `data/` of a checkout.

    Raises:
        InputError: If this installation has no bundled store.
    """
    if found := _came_with("bundled", "data"):
        return found
    raise InputError(
        "this installation has no bundled meta-dataset; name a store with --kb or $METALEARN_KB, "
        "or make one with 'metalearn collect TABLES --kb FILE.duckdb'"
    )


def bundled_at_size() -> Path | None:
    """Return the folder of the bundled runs on more rows; None if this installation has none."""
    return _came_with("bundled_at_size", "data_at_size")


def _came_with(in_package: str, in_checkout: str) -> Path | None:
    """Return the folder of a store that came with metalearn, where there is one."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / in_package, package.parent / in_checkout):
        if (folder / PROVENANCE).is_file():
            return folder
    return None
