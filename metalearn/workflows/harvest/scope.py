"""Scope of a harvest, and the tally of its results."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Progress", "Scope", "Tally"]

Progress = Callable[[str, int, int | None], object]  # activity, amount done, total (None: unknown)


@dataclass(frozen=True, slots=True)
class Scope:
    """Scope: the union of a suite's tasks and tasks by id, flows, measures.

    Attributes:
        suite: A benchmark suite; None for none.
        flows: Flow ids; empty for all.
        tasks: Task ids, besides the suite's.
        measures: OpenML's names.
        fold_runs: Maximum number of runs whose folds are fetched, one request each; None for
            all.
    """

    suite: int | None
    flows: tuple[int, ...]
    tasks: tuple[int, ...]
    measures: tuple[str, ...]
    fold_runs: int | None = 0

    @property
    def name(self) -> str:
        """Short name of the scope: digest of its content."""
        parts = (self.suite, sorted(self.flows), sorted(self.tasks), sorted(self.measures))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


@dataclass(slots=True)
class Tally:
    """Counts of a harvest: found and missing items.

    Attributes:
        new: Evaluations that were not stored before.
        changed: Evaluations whose value was corrected, or that came back.
        unchanged: Evaluations without a change.
        vanished: Evaluations that the server no longer lists; marked, not deleted.
        rejected: Rows that cannot be stored, by reason.
        missing: Descriptions of items that could not be fetched or confirmed.
        outside: Number of setups that fit none of our spaces, by reason.
        notes: Possible mistakes in the options.
        folds: Values of single folds that were fetched.
        fold_runs_left: Runs whose folds were not fetched yet, because of the limit.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    vanished: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)
    outside: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    folds: int = 0
    fold_runs_left: int = 0
