"""How a fit estimates losses: folds by the size of the table, or the user's own splits.

Rows of classes too rare for every fold are in all training parts and in no test part (METHODS A,
step 1). Large tables, and those whose folds would take too long, have one hold-out part. Small
tables of classes are divided into folds twice where there is time, so that the choice of members
depends less on chance.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn.core.arrays import Bools, Ints
from metalearn.core.task import Kind
from metalearn.errors import InputError, UsageError

__all__ = ["Split", "Validation", "validation_of"]

Split = tuple[Ints, Ints]
SMALL, MIDDLE, LARGE = 500, 1_000, 20_000
_HOLD_OUT, _HOLD_OUT_ROWS = 0.2, 10_000


@dataclass(frozen=True, eq=False)
class Validation:
    """Training and test rows of each fold.

    Attributes:
        splits: Indices into the table.
        name: Its description, for people and for the store.
        n_partitions: How often the table is divided into folds; the first folds are those of the
            first time.
    """

    splits: tuple[Split, ...]
    name: str
    n_partitions: int = 1

    @property
    def n_folds_once(self) -> int:
        """The number of folds of the first time that the table is divided."""
        return len(self.splits) // self.n_partitions

    @property
    def tested(self) -> Ints:
        """The test rows of all folds, one after the other; a row may occur twice."""
        return np.concatenate([test for _, test in self.splits])

    @property
    def fold_of(self) -> Ints:
        """The fold of each entry of `tested`; a row that occurs twice has its first one again."""
        sizes = [len(test) for _, test in self.splits]
        folds, rows = np.repeat(np.arange(len(sizes)), sizes), self.tested
        first = np.empty(rows.max() + 1, dtype=np.int64)
        first[rows[::-1]] = folds[::-1]
        return first[rows]


def validation_of(
    target: Any,
    kind: Kind,
    *,
    cv: Any = None,
    groups: Any = None,
    X: Any = None,
    seed: int = 0,
    kept: Bools | None = None,
    usual: int | None = None,
    is_hurried: bool = False,
    is_unhurried: bool = False,
) -> Validation:
    """Return the folds of a table.

    Args:
        target: Class codes or numbers, `(n,)`.
        kind: Kind of task.
        cv: A number of folds, a scikit-learn splitter, or pairs of training and test indices;
            None for folds by size.
        groups: Rows of a group are never split, `(n,)`; None for no groups.
        X: The table, for splitters that look at it.
        seed: Seed of shuffling.
        kept: Mask of the user's rows that are in the table; the user's own splits are indices
            into all of the user's rows. None for all.
        usual: Folds where `cv` does not say; None for 5 up to 500 rows, else 3.
        is_hurried: Whether there is no time for folds: one hold-out part if there are enough rows.
        is_unhurried: Whether there is time for twice as many folds: a small table of classes is
            divided twice.

    Raises:
        InputError: If the splits have no rows or the wrong ones.
        UsageError: If `cv` is none of these.
    """
    if cv is not None and not isinstance(cv, (int, np.integer)):
        return _users(cv, target, groups, X, kept)
    n = len(target)
    if cv is None and groups is None and (n > LARGE or (is_hurried and n > SMALL)):
        return _hold_out(target, kind, seed)
    n_folds = int(cv) if cv is not None else usual or (5 if n <= SMALL else 3)
    if n_folds < 2:
        raise UsageError(f"cv: expected at least 2 folds, got {n_folds}")
    once = _folds(target, kind, min(n_folds, n), groups, seed)
    is_given = cv is not None or groups is not None or usual is not None
    if is_given or not is_unhurried or kind == "regression" or n > MIDDLE:
        return once
    again = _folds(target, kind, min(n_folds, n), None, seed + 1)
    return Validation((*once.splits, *again.splits), f"{once.name} twice", n_partitions=2)


def _folds(target: Any, kind: Kind, n_folds: int, groups: Any, seed: int) -> Validation:
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    is_classes = kind == "classification"
    rows = np.arange(len(target))
    always: Ints = rows[:0]
    if is_classes and groups is None and np.bincount(target).max() < 2:
        is_classes = False  # a class a row: nothing to keep in proportion
    if is_classes:
        counts = np.bincount(target)
        if groups is None:
            n_folds = max(2, min(n_folds, int(counts.max())))
            rare = (counts < n_folds)[target]
            if not rare.all():
                rows, always = rows[~rare], rows[rare]
    shuffled: dict[str, Any] = {"shuffle": True, "random_state": seed}
    if groups is not None:
        n_groups = len(np.unique(groups))
        if n_groups < 2:
            raise InputError("groups: all rows belong to one group; expected at least two groups")
        n_folds = min(n_folds, n_groups)
        splitter = (StratifiedGroupKFold if is_classes else GroupKFold)(n_folds, **shuffled)
    else:
        splitter = (StratifiedKFold if is_classes else KFold)(n_folds, **shuffled)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a class may be rarer than the folds
        pairs = splitter.split(rows, target[rows], None if groups is None else groups[rows])
        splits = tuple((np.concatenate([rows[a], always]), rows[b]) for a, b in pairs)
    grouped = "" if groups is None else " by group"
    return Validation(_usable(splits), f"{n_folds}-fold{grouped}")


def _hold_out(target: Any, kind: Kind, seed: int) -> Validation:
    rng = np.random.default_rng([seed, 4])
    n = len(target)
    size = min(round(_HOLD_OUT * n), _HOLD_OUT_ROWS)
    order = rng.permutation(n)
    if kind == "classification":  # every class in proportion; single rows train
        codes = target[order]
        place = np.empty(n)
        for c in np.unique(codes):
            mine = np.flatnonzero(codes == c)
            place[mine] = (np.arange(len(mine)) + 0.5) / len(mine)
            if len(mine) < 2:
                place[mine] = 1.0
        order = order[np.argsort(place, kind="stable")]
    test = np.sort(order[:size])
    return Validation(((np.sort(order[size:]), test),), "hold-out")


def _users(cv: Any, target: Any, groups: Any, X: Any, kept: Bools | None) -> Validation:
    is_splitter = hasattr(cv, "split") and not isinstance(cv, str)
    pairs = cv.split(X, target, groups) if is_splitter else cv
    try:
        splits = tuple((np.asarray(a), np.asarray(b)) for a, b in pairs)
        n = len(target)
        splits = tuple(
            (np.flatnonzero(a) if a.dtype == bool else a.astype(np.int64),
             np.flatnonzero(b) if b.dtype == bool else b.astype(np.int64))
            for a, b in splits
        )  # fmt: skip
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"cv: expected a number of folds, a scikit-learn splitter, or pairs of training and "
            f"test indices, got {type(cv).__name__} ({error})"
        ) from error
    n = len(kept) if kept is not None and not is_splitter else n
    if any(len(part) and (part.min() < 0 or part.max() >= n) for s in splits for part in s):
        raise InputError(f"cv: the splits name rows beyond the {n} rows of the table")
    if kept is not None and not is_splitter:
        place = np.cumsum(kept) - 1
        splits = tuple((place[a[kept[a]]], place[b[kept[b]]]) for a, b in splits)
    return Validation(_usable(splits), type(cv).__name__)


def _usable(splits: tuple[Split, ...]) -> tuple[Split, ...]:
    """Return the splits that have rows to learn from and rows to test on."""
    kept = tuple((a, b) for a, b in splits if len(a) and len(b))
    if not kept:
        raise InputError("cv: no split has both training and test rows; give other splits")
    return kept
