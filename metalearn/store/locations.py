"""Default locations of stores: the user's store and the bundled one."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from metalearn.errors import InputError
from metalearn.store.files import PROVENANCE

__all__ = ["bundled_store", "default_store", "user_store"]


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
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "bundled", package.parent / "data"):
        if (folder / PROVENANCE).is_file():
            return folder
    raise InputError(
        "this installation has no bundled meta-dataset; name a store with --kb or $METALEARN_KB, "
        "or make one with 'metalearn collect TABLES --kb FILE.duckdb'"
    )
