"""Frozen records that go into and come out of a store."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

__all__ = ["Cursor", "Page", "Problem", "StoreInfo"]


@dataclass(frozen=True, slots=True)
class Page:
    """One raw answer of a provider, kept so that a later parser version needs no new request.

    Attributes:
        harvester: Name of the harvester that fetched it.
        location: URL or file name, without credentials.
        body: The unchanged answer.
        time: When it was read, ISO 8601 in UTC.
        status: Status of the answer, as in HTTP.
        digest: SHA-256 of the body; computed if not given.
    """

    harvester: str
    location: str
    body: bytes
    time: str
    status: int = 200
    digest: str = ""

    def __post_init__(self) -> None:
        if not self.digest:
            object.__setattr__(self, "digest", hashlib.sha256(self.body).hexdigest())

    @property
    def is_intact(self) -> bool:
        """Whether the body still has the digest that was taken when it was stored."""
        return hashlib.sha256(self.body).hexdigest() == self.digest


@dataclass(frozen=True, slots=True)
class Cursor:
    """Progress of a harvester in one slice of a provider's data.

    Attributes:
        harvester: Name of the harvester.
        name: Name of the slice.
        state: JSON text, defined by the harvester.
        time: When it was written, ISO 8601 in UTC.
    """

    harvester: str
    name: str
    state: str
    time: str = ""


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """Summary of the content of a store.

    Attributes:
        path: File or folder.
        form: `database` or `parquet`.
        schema_version: Version of the tables.
        snapshot: Digest of the content.
        size_bytes: Size on disk.
        rows: Number of rows by table.
        n_failed: Evaluations that failed, timed out or crashed.
        metrics: Number of evaluations by metric.
        sources: Number of evaluations by harvester or command.
    """

    path: str
    form: str
    schema_version: int
    snapshot: str
    size_bytes: int
    rows: dict[str, int]
    n_failed: int
    metrics: dict[str, int]
    sources: dict[str, int]


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem found in a store.

    Attributes:
        table: Name of the table.
        kind: Kind of damage, in a few words.
        detail: Affected rows, or the message of the database.
        n: Number of affected rows.
    """

    table: str
    kind: str
    detail: str
    n: int = 1
