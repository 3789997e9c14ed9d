"""Which algorithms and configurations of a published set are learners of ours, for its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from metalearn.core.records import Batch
from metalearn.core.stored_json import stored_object
from metalearn.histories.algorithm_runs import exactly_ours
from metalearn.histories.published import TABLES, published
from metalearn.learners import CATALOGUE

__all__ = ["ImportMapping", "MappingCount"]


@dataclass(frozen=True)
class ImportMapping:
    """What of a set is known under our names.

    Attributes:
        learners: Published name -> our learner.
        others: Published algorithms that keep their names.
        n_configurations: Configurations of all of them.
        n_exact: Those with a value on each axis of our learner.
        reasons: Why the others of our learners are not, with their number.
    """

    learners: Mapping[str, str]
    others: tuple[str, ...]
    n_configurations: int
    n_exact: int
    reasons: Mapping[str, int]

    def notes(self) -> tuple[str, ...]:
        """Return the sentences of the report; none for a source without a table of names."""
        if not self.learners and not self.others:
            return ()
        n = len(self.learners) + len(self.others)
        pairs = ", ".join(f"{theirs} is {ours}" for theirs, ours in self.learners.items())
        first = f"mapped {len(self.learners)} of {n} algorithms"
        first += f": {pairs}" if pairs else ""
        if self.others:
            first += f"; their own names keep {', '.join(self.others)}"
        second = f"{self.n_exact:,} of {self.n_configurations:,} configurations are exactly ours"
        why = "; ".join(f"{reason} ({count:,})" for reason, count in self.reasons.items())
        return (first, f"{second}; of the others: {why}" if why else second)

    def to_json(self) -> dict[str, object]:
        """Return the mapping as plain values."""
        return {
            "algorithms": dict(self.learners),
            "own_names": list(self.others),
            "configurations": self.n_configurations,
            "exact": self.n_exact,
            "reasons": dict(self.reasons),
        }


@dataclass
class MappingCount:
    """Counts the mapping of a set while its batches are loaded."""

    _libraries: dict[str, str] = field(default_factory=dict)
    _texts: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, batch: Batch) -> None:
        """Take note of the algorithms and configurations of a batch."""
        algorithms = batch.algorithms
        for name, library in zip(algorithms["algorithm"], algorithms["library"], strict=True):
            if library in TABLES:
                self._libraries[str(name)] = str(library)
        if self._libraries:
            rows = batch.configurations
            for name, text in zip(rows["algorithm"], rows["hyperparameters"], strict=True):
                self._texts.setdefault(str(name), {})[str(text)] = None

    def result(self) -> ImportMapping:
        """Return the mapping of all that was added."""
        learners: dict[str, str] = {}
        others: list[str] = []
        reasons: Counter[str] = Counter()
        n = n_exact = 0
        for name, library in sorted(self._libraries.items()):
            rows = [stored_object(text) for text in self._texts.get(name, ())]
            n += len(rows)
            entry = published(library, name, {axis for row in rows for axis in row})
            if entry is None:
                others.append(name)
                continue
            learners[name] = entry.algorithm
            space = CATALOGUE.get(entry.algorithm).space("classification")
            found = exactly_ours(entry, space, rows)
            reasons.update(f"{name}: {row}" for row in found if isinstance(row, str))
            n_exact += sum(not isinstance(row, str) for row in found)
        return ImportMapping(learners, tuple(others), n, n_exact, reasons)
