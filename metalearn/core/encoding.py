"""Configurations of any algorithms as one table of numbers, without a declared space.

For models over (task, configuration) pairs. Which algorithm it is, is a group of indicators; each
hyperparameter of each algorithm is a column of its own, in [0, 1] over the values that occur, on
the log axis if these are positive and span two decades. Text, None and the like become indicators,
also beside numbers (`max_features` may be 0.5 or "sqrt"). What is inactive is NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration, Value

__all__ = ["encode_configurations"]

_LOG_RATIO = 100.0


def encode_configurations(
    configurations: Sequence[Configuration],
) -> tuple[Floats, tuple[str, ...]]:
    """Return the table and the names of its columns; constant columns are left out.

    Args:
        configurations: Of one or many algorithms; no two need share a hyperparameter.

    Returns:
        `(n, n_columns)`: numbers in [0, 1], NaN where a hyperparameter is inactive, indicators 0
        or 1 (0 where inactive); and names such as `algorithm=svc`, `svc.C`, `svc.kernel=rbf`.

    >>> rows = [Configuration("svc", {"C": 10.0**i, "kernel": "rbf"}) for i in range(3)]
    >>> encode_configurations([*rows, Configuration("tree", {})])[1]
    ('algorithm=svc', 'algorithm=tree', 'svc.C', 'svc.kernel=rbf')
    """
    n = len(configurations)
    cells: dict[tuple[str, str], dict[int, Value]] = {}
    rows_of: dict[str, list[int]] = {}
    for i, configuration in enumerate(configurations):
        rows_of.setdefault(configuration.algorithm, []).append(i)
        for name, value in configuration.hyperparameters.items():
            cells.setdefault((configuration.algorithm, name), {})[i] = value
    columns: list[tuple[str, Floats]] = []
    for algorithm in sorted(rows_of):
        columns.append((f"algorithm={algorithm}", _indicator(n, rows_of[algorithm])))
    for key in sorted(cells):
        columns.extend(_columns(".".join(key), n, cells[key]))
    kept = [(name, column) for name, column in columns if _varies(column)]
    table = np.stack([c for _, c in kept], axis=1) if kept else np.empty((n, 0))
    return table, tuple(name for name, _ in kept)


def _columns(name: str, n: int, values: dict[int, Value]) -> list[tuple[str, Floats]]:
    """Return one column for the numbers among the values, and an indicator for each other one."""
    numbers = {i: float(v) for i, v in values.items() if isinstance(v, (int, float))}
    found: list[tuple[str, Floats]] = []
    if numbers:
        column = np.full(n, np.nan)
        column[list(numbers)] = _unit(np.array(list(numbers.values())))
        found.append((name, column))
    others: dict[str, list[int]] = {}
    for i, value in values.items():
        if i not in numbers:
            others.setdefault(str(value), []).append(i)
    found.extend((f"{name}={text}", _indicator(n, others[text])) for text in sorted(others))
    return found


def _unit(numbers: Floats) -> Floats:
    if numbers.min() > 0 and numbers.max() / numbers.min() >= _LOG_RATIO:
        numbers = np.log(numbers)
    width = np.ptp(numbers)
    return np.asarray((numbers - numbers.min()) / (width if width > 0 else 1.0))


def _indicator(n: int, rows: Sequence[int]) -> Floats:
    column = np.zeros(n)
    column[list(rows)] = 1.0
    return column


def _varies(column: Floats) -> bool:
    """Return whether the column tells configurations apart by its values or by its NaN."""
    missing = np.isnan(column)
    known = column[~missing]
    return bool(len(known) and np.ptp(known) > 0) or bool(missing.any() and not missing.all())
