"""Numeric table of configurations of any algorithms, without a declared space.

Indicators encode the algorithm. Each hyperparameter of each algorithm has its own column. A number
becomes its position among the distinct values, from 0 to 1. For a geometric grid this equals the
logarithmic scale, and for trees it is equivalent to the number itself. Text, None and other values
become indicators, also beside numbers (`max_features` may be 0.5 or "sqrt"). Inactive cells are
NaN, which trees accept; `points` imputes them for distances and kernels (METHODS 0.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration, Value

__all__ = ["EncodedConfigurations", "encode_configurations"]

_ALGORITHM = "algorithm="
_FAR = 2.0


@dataclass(frozen=True, slots=True)
class EncodedConfigurations:
    """A numeric table of configurations.

    Attributes:
        table: `(n, n_columns)`: positions in [0, 1], NaN where a hyperparameter is inactive,
            indicators 0 or 1 (0 where inactive); constant columns are left out.
        names: Names of the columns, such as `algorithm=svc`, `svc.C`, `svc.kernel=rbf`.
    """

    table: Floats
    names: tuple[str, ...]

    def points(self) -> Floats:
        """Return `(n, n_axes)` without NaN, for distances and kernels.

        Two values of a category have distance 1, two algorithms at least 2. An inactive number
        becomes 0.5, and each distinct condition adds an indicator.
        """
        columns: list[Floats] = []
        conditions = {}
        indicators = [c for c, n in zip(self.table.T, self.names, strict=True) if "=" in n]
        for column, name in zip(self.table.T, self.names, strict=True):
            if "=" in name:
                columns.append(
                    column * (_FAR if name.startswith(_ALGORITHM) else 1.0) / np.sqrt(2.0)
                )
                continue
            active = np.isfinite(column)
            columns.append(np.where(active, column, 0.5))
            if not active.all() and not any(np.array_equal(active, other) for other in indicators):
                conditions[active.tobytes()] = active / np.sqrt(2.0)
        columns.extend(conditions[key] for key in sorted(conditions))
        return np.stack(columns, axis=1) if columns else np.empty((len(self.table), 0))


def encode_configurations(configurations: Sequence[Configuration]) -> EncodedConfigurations:
    """Return the table of configurations of one or many algorithms.

    >>> rows = [Configuration("svc", {"C": 10.0**i, "kernel": "rbf"}) for i in range(3)]
    >>> encode_configurations([*rows, Configuration("tree", {})]).names
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
        columns.append((f"{_ALGORITHM}{algorithm}", _indicator(n, rows_of[algorithm])))
    for key in sorted(cells):
        columns.extend(_columns(".".join(key), n, cells[key]))
    kept = [(name, column) for name, column in columns if _varies(column)]
    table = np.stack([c for _, c in kept], axis=1) if kept else np.empty((n, 0))
    return EncodedConfigurations(table, tuple(name for name, _ in kept))


def _columns(name: str, n: int, values: dict[int, Value]) -> list[tuple[str, Floats]]:
    """Return one column for the numbers, and one indicator for each other value."""
    numbers = {i: float(v) for i, v in values.items() if isinstance(v, (int, float))}
    found: list[tuple[str, Floats]] = []
    if numbers:
        column = np.full(n, np.nan)
        column[list(numbers)] = _positions(np.array(list(numbers.values())))
        found.append((name, column))
    others: dict[str, list[int]] = {}
    texts = {i: str(v) for i, v in values.items() if i not in numbers}
    clash = len({(t, type(values[i])) for i, t in texts.items()}) > len(set(texts.values()))
    for i, text in texts.items():
        # "None" and None differ only by type.
        label = f"{text} ({type(values[i]).__name__})" if clash else text
        others.setdefault(label, []).append(i)
    typed = {i: values[i] for i in numbers}
    if len({(type(v), v) for v in typed.values()}) > len(set(typed.values())):
        for i, value in typed.items():  # 1, 1.0 and True are equal numbers
            others.setdefault(type(value).__name__, []).append(i)
    found.extend((f"{name}={text}", _indicator(n, others[text])) for text in sorted(others))
    return found


def _positions(numbers: Floats) -> Floats:
    """Return positions among the distinct numbers, 0 to 1; 0.5 if there is only one."""
    levels = np.unique(numbers)
    if len(levels) == 1:
        return np.full(len(numbers), 0.5)
    return np.asarray(np.searchsorted(levels, numbers) / (len(levels) - 1))


def _indicator(n: int, rows: Sequence[int]) -> Floats:
    column = np.zeros(n)
    column[list(rows)] = 1.0
    return column


def _varies(column: Floats) -> bool:
    """Return whether values or missing cells of the column differ between configurations."""
    missing = np.isnan(column)
    known = column[~missing]
    return bool(len(known) and np.ptp(known) > 0) or bool(missing.any() and not missing.all())
