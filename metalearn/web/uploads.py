"""Uploaded tables: in a folder of their own, for as long as they are used."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from shutil import rmtree
from tempfile import TemporaryDirectory

from metalearn.errors import InputError
from metalearn.web.commands import FormValues

__all__ = ["Upload", "Uploads"]

_ENDINGS = (".csv", ".tsv", ".txt", ".parquet", ".pq", ".arff")
_MOST_NAME = 80


@dataclass(slots=True, eq=False)
class Upload:
    """An uploaded table.

    Attributes:
        key: Its name in addresses, not to be guessed.
        name: The name that it came with, as it came.
        path: Where it lies.
        columns: Names of its columns.
        n_rows: Number of rows.
        head: First rows, as text.
        asked: What was asked about it last.
        used: When it was last used, on the monotonic clock.
    """

    key: str
    name: str
    path: Path
    columns: tuple[str, ...] = ()
    n_rows: int = 0
    head: tuple[tuple[str, ...], ...] = ()
    asked: FormValues = field(default_factory=FormValues)
    used: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class Uploads:
    """The uploads of a server; all are gone when it ends.

    Attributes:
        folder: Where they lie.
        most: Tables kept at a time; the one unused for longest goes.
        keep_s: Seconds that a table is kept after its last use.
    """

    folder: TemporaryDirectory[str]
    most: int
    keep_s: float
    _uploads: dict[str, Upload] = field(default_factory=dict)

    def add(self, name: str, content: bytes) -> Upload:
        """Keep a file.

        Raises:
            InputError: If its ending is not that of a table, or it is empty.
        """
        self.forget()
        safe = safe_name(name)
        if not content:
            raise InputError("the file is empty; choose a table")
        key = secrets.token_urlsafe(16)
        folder = Path(self.folder.name) / key
        folder.mkdir(mode=0o700)
        path = folder / safe
        path.write_bytes(content)
        upload = Upload(key, name, path)
        self._uploads[key] = upload
        return upload

    def get(self, key: str) -> Upload | None:
        """Return an upload by its key."""
        upload = self._uploads.get(key)
        if upload is not None:
            upload.used = time.monotonic()
        return upload

    def listed(self) -> tuple[Upload, ...]:
        """Return the tables that can be asked about, the latest first."""
        return tuple(upload for upload in reversed(self._uploads.values()) if upload.columns)

    def drop(self, upload: Upload) -> None:
        """Remove an upload and its file."""
        self._uploads.pop(upload.key, None)
        rmtree(upload.path.parent, ignore_errors=True)

    def forget(self) -> None:
        """Remove uploads that were not used for long, and the oldest of too many."""
        now = time.monotonic()
        by_age: Sequence[Upload] = sorted(self._uploads.values(), key=lambda upload: upload.used)
        many = by_age[: max(len(by_age) - self.most + 1, 0)]
        for upload in {*many, *(u for u in by_age if now - u.used > self.keep_s)}:
            self.drop(upload)


def safe_name(name: str) -> str:
    """Return a name for a file: of letters, digits and a few marks, with an ending of a table.

    Raises:
        InputError: If the ending is not that of a table.

    >>> safe_name("../../etc/my <table>.CSV.gz")
    'my _table_.csv.gz'
    """
    last = PureWindowsPath(PurePosixPath(name).name).name
    stem, packed = (last[:-3], ".gz") if last.lower().endswith(".gz") else (last, "")
    ending = PurePosixPath(stem).suffix.lower()
    if ending not in _ENDINGS:
        raise InputError(
            f"{last[:_MOST_NAME]!r}: expected a table with one of the endings "
            f"{', '.join(_ENDINGS)}, also with .gz"
        )
    plain = re.sub(r"[^\w .()+-]", "_", stem[: -len(ending)]).strip(" .-")[:_MOST_NAME]
    return f"{plain or 'table'}{ending}{packed}"
