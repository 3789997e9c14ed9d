"""Measured processor seconds of fits on cuts of tables, and how slow the machine was meanwhile."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from metalearn.core.configuration import Configuration
from metalearn.learners import get
from metalearn.learners.tables import Table
from metalearn.workflows.recommend.machine_speed import REFERENCE_S, workload_s

__all__ = ["cut", "measured_rows"]

_ENOUGH_S = 1.0  # shorter fits are timed twice, the less counts


def measured_rows(
    table: Table, chosen: Mapping[str, Configuration], sizes: Sequence[int], limit_s: float
) -> Iterator[dict[str, Any]]:
    """Yield the seconds of each configuration on each number of rows.

    On a busy machine, processor seconds of the same work grow by half: `slowness` is that of the
    workload of `machine_speed` just after the fit.

    Args:
        table: The table.
        chosen: Configurations by key.
        sizes: Numbers of rows, ascending.
        limit_s: A series ends before a fit that would take longer, in proportion to its rows.
    """
    for key, configuration in chosen.items():
        seconds, former = 0.0, sizes[0]
        for n in sizes:
            if seconds * n / former > limit_s:
                break
            seconds, former = seconds_of(cut(table, n), configuration), n
            yield {"table": table.name, "kind": table.kind, "n_rows": n,
                   "algorithm": configuration.algorithm, "configuration": key,
                   "measured_s": seconds,
                   "slowness": workload_s() / REFERENCE_S}  # fmt: skip


def cut(table: Table, n: int) -> Table:
    """Return a table of `n` random rows; beyond its own number, drawn with replacement.

    Fractional numbers of repeated rows get noise of a hundredth of their spread, so that they do
    not tie more than they did.
    """
    rng = np.random.default_rng(0)
    n_own = len(table.y)
    rows = rng.permutation(n_own) if n <= n_own else rng.integers(0, n_own, n)
    X, y = table.X.iloc[rows[:n]].reset_index(drop=True), table.y.iloc[rows[:n]]
    if n > n_own:
        for name in X.select_dtypes("float").columns:
            values = X[name]
            if (values.dropna() % 1 == 0).all():
                continue
            X[name] = values + rng.normal(0.0, 0.01 * (float(values.std()) or 1.0), n)
    return replace(table, X=X, y=y.reset_index(drop=True))


def seconds_of(table: Table, configuration: Configuration) -> float:
    """Return processor seconds of preparation, fit, and predictions of half as many rows."""
    y = table.y
    if table.kind == "classification":
        y = pd.Series(pd.factorize(y.astype(str), sort=True)[0], index=y.index)
    asked = table.X.iloc[: max(1, len(y) // 2)]
    times: list[float] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while len(times) < 2 and sum(times) < _ENOUGH_S:
            model = get(configuration.algorithm).pipeline(table.kind, configuration)
            started = time.process_time()
            model.fit(table.X, y)
            getattr(model, "predict_proba", model.predict)(asked)
            times.append(time.process_time() - started)
    return min(times)
