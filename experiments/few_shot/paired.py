"""Paired comparisons of single methods for the docs, from the searches that `run.py` keeps."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from experiments.few_shot.tables import regrets
from metalearn.core.arrays import Floats
from metalearn.numerics.statistics.bootstrap import bootstrap_means

__all__ = ["PAIRS", "ahead", "paired_table", "searched_table"]

PAIRS = (("fsbo", "rgpe"), ("fsbo", "fsbo-frozen"), ("fsbo", "default"),
         ("soft-taf-deep", "default"))  # fmt: skip
SEARCH_PAIRS = (("recurrent", "gaussian-process"), ("design", "gaussian-process"),
                ("recurrent-long", "gaussian-process"),
                ("design", "recurrent-long"))  # fmt: skip
AT = (10, 20)


def ahead(curves: pd.DataFrame, first: str, second: str, at: int | None = None) -> Floats | None:
    """Return `(n_tasks,)` by how much the regret of the first method is below the second's.

    Over the tasks that both were played on; None if there are none.

    Args:
        curves: Rows of curves.csv of one set.
        first: A method.
        second: The method that it is compared with.
        at: Regret after so many evaluations; None = mean over all evaluations.
    """
    scored = regrets(curves)
    chosen = scored if at is None else scored[scored["at"] == at]
    wide = chosen.pivot_table(index="task", columns="method", values="regret")
    if not {first, second} <= set(wide.columns):
        return None
    gain = (wide[second] - wide[first]).dropna()
    return gain.to_numpy(np.float64) if len(gain) else None


def cell(gain: Floats) -> str:
    """Return the mean with its 95 % bootstrap interval over tasks."""
    (low,), (high,) = bootstrap_means(gain[:, None], np.random.default_rng(0))
    return f"{gain.mean():+.3f} ({low:+.3f} to {high:+.3f})"


def paired_table(sets: Mapping[str, pd.DataFrame]) -> str:
    """Return the differences of `PAIRS` on each set as Markdown, positive = first ahead."""
    heads = [f"{first} ahead of {second}" for first, second in PAIRS]
    lines = [f"| set | tasks | {' | '.join(heads)} |", "| --- | ---: |" + " ---: |" * len(PAIRS)]
    for name, curves in sets.items():
        gains = [ahead(curves, *pair) for pair in PAIRS]
        counts = sorted({len(gain) for gain in gains if gain is not None})
        cells = ["" if gain is None else cell(gain) for gain in gains]
        tasks = " or ".join(map(str, counts))
        lines.append(f"| {name} | {tasks} | {' | '.join(cells)} |")
    return "\n".join(lines)


def searched_table(curves: pd.DataFrame) -> str:
    """Return the differences of `SEARCH_PAIRS` as Markdown, positive = first ahead."""
    heads = [f"after {at}" for at in AT]
    lines = [f"| comparison | tasks | {' | '.join(heads)} |", "| --- | ---: | ---: | ---: |"]
    for first, second in SEARCH_PAIRS:
        gains = [ahead(curves, first, second, at) for at in AT]
        cells = [cell(gain) for gain in gains if gain is not None]
        if cells:
            lines.append(f"| {first} ahead of {second} | {len(gains[0])} | {' | '.join(cells)} |")
    return "\n".join(lines)
