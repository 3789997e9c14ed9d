"""What one harvest is asked for, and what came of it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Progress", "Scope", "Tally"]

Progress = Callable[[str, int, int | None], object]  # what, done, of how many (None: unknown)


@dataclass(frozen=True, slots=True)
class Scope:
    """What to harvest: the union of a suite's tasks and tasks by id, flows, measures.

    Attributes:
        suite: A benchmark suite; None for none.
        flows: Flow ids; empty for all.
        tasks: Task ids, besides the suite's.
        measures: OpenML's names.
        fold_runs: Of how many runs at most the values of folds are fetched, one request each;
            None for all.
    """

    suite: int | None
    flows: tuple[int, ...]
    tasks: tuple[int, ...]
    measures: tuple[str, ...]
    fold_runs: int | None = 0

    @property
    def name(self) -> str:
        """A short name of the scope: digest of what is in it."""
        parts = (self.suite, sorted(self.flows), sorted(self.tasks), sorted(self.measures))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


@dataclass(slots=True)
class Tally:
    """What a harvest found, and what it could not get.

    Attributes:
        new: Evaluations that were not stored before.
        changed: Evaluations whose value was corrected, or that came back.
        unchanged: Evaluations that are as they were.
        vanished: Evaluations that the server no longer lists; marked, not deleted.
        rejected: Rows that cannot be stored, by reason.
        missing: What could not be fetched or confirmed, in words.
        outside: Setups that have no place in one of our spaces, by reason.
        notes: What looks like a mistake in what was asked for.
        folds: Values of single folds that were fetched.
        fold_runs_left: Runs whose folds were not fetched yet, because only so many were asked for.
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
