"""Import of a published meta-data set into a store: atomic, and repeatable without change."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from metalearn.core.records import LoadReport
from metalearn.errors import InputError, UsageError
from metalearn.harvesters import FORMATS, Options
from metalearn.store import writing
from metalearn.workflows.import_mapping import ImportMapping, MappingCount

__all__ = ["ImportReport", "import_published"]

_OWN_OPTIONS = {
    "n_configurations": (("yahpo",), "--configurations"),
    "seed": (("yahpo",), "--seed"),
    "hyperparameters": (("long-csv", "arff-runs"), "--hyperparameter"),
}


@dataclass(frozen=True, slots=True)
class ImportReport:
    """Summary of an import.

    Attributes:
        format: Name of the format.
        source: Name of the file or folder.
        kb: Path of the store.
        load: New, changed and unchanged rows by table; rejected ones by reason.
        seconds: Wall-clock time of reading and loading.
        notes: Choices made in reading, where the format is ambiguous.
        mapping: Which algorithms are learners of ours.
    """

    format: str
    source: str
    kb: str
    load: LoadReport
    seconds: float
    notes: tuple[str, ...]
    mapping: ImportMapping

    def counts(self, table: str) -> dict[str, int]:
        """Return how many rows of a table are new, changed and unchanged."""
        parts = {"new": self.load.new, "changed": self.load.changed,
                 "unchanged": self.load.unchanged}  # fmt: skip
        return {state: part.get(table, 0) for state, part in parts.items()}

    def to_json(self) -> dict[str, object]:
        """Return the report as plain values."""
        tables = ("tasks", "algorithms", "configurations", "metrics", "evaluations",
                  "meta_features")  # fmt: skip
        return {
            "format": self.format,
            "source": self.source,
            "kb": self.kb,
            **{table: self.counts(table) for table in tables},
            "rejected": dict(self.load.rejected),
            "notes": list(self.notes),
            "mapping": self.mapping.to_json(),
            "seconds": round(self.seconds, 3),
        }


def import_published(
    format_name: str,
    path: Path,
    kb: Path,
    options: Options = Options(),  # noqa: B008  # frozen
) -> ImportReport:
    """Read the set at `path` and load it into the store `kb`, which is created if missing.

    Importing the same set again changes nothing. If anything in it cannot be read, the store stays
    as it was.

    Raises:
        UnknownNameError: If there is no such format.
        UsageError: If an option has no meaning for the format.
        InputError: If the set cannot be read, or nothing in it can be used.
    """
    read = FORMATS.get(format_name)
    for name, (owners, flag) in _OWN_OPTIONS.items():
        if format_name not in owners and getattr(options, name) != getattr(Options(), name):
            known = " and ".join(owners)
            raise UsageError(f"{flag} has a meaning for {known} only, not for {format_name}")
    start = time.perf_counter()
    path = path.expanduser().resolve()
    batches = read(path, options)
    first = next(batches, None)  # unreadable input fails before the store is changed
    if first is None:
        raise InputError(f"{path.name}: there is nothing in it")
    report = LoadReport()
    notes: dict[str, None] = {}
    count = MappingCount()
    with writing(kb) as writer:
        for batch in chain([first], batches):
            report += writer.load(batch)
            notes.update(dict.fromkeys(batch.notes))
            count.add(batch)
    mapping = count.result()
    seconds = time.perf_counter() - start
    said = (*notes, *mapping.notes())
    return ImportReport(format_name, path.name, str(kb), report, seconds, said, mapping)
