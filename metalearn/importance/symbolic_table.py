"""Results of a search for symbolic defaults: formulas compared with constants."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Value
from metalearn.core.metric import Metric
from metalearn.importance.tuning_gain import mean_interval

__all__ = ["SymbolicDefault", "SymbolicTable", "compared"]

_DEPTHS_TRIED = 3


@dataclass(frozen=True, slots=True)
class SymbolicDefault:
    """A formula for one hyperparameter, compared with the best constant.

    Attributes:
        hyperparameter: Its name.
        formula: Python expression in the symbols of the table; its values are clipped to the axis.
        depth: Depth of the formula; 1 for a symbol or a constant.
        constant: The best constant.
        constant_score: Mean held-out score of constants.
        formula_score: Mean held-out score of formulas.
        gain: Mean over tasks of the difference of these scores, larger is better.
        low: Lower end of its 95 % interval over tasks, corrected for choosing among three depths.
        high: Upper end.
    """

    hyperparameter: str
    formula: str
    depth: int
    constant: Value
    constant_score: float
    formula_score: float
    gain: float
    low: float
    high: float

    @property
    def is_better(self) -> bool:
        """Whether the interval of the held-out gain lies above 0."""
        return self.low > 0.0


@dataclass(frozen=True, slots=True)
class SymbolicTable:
    """Symbolic defaults of one algorithm, one per numeric hyperparameter.

    Attributes:
        algorithm: Name of the algorithm.
        metric: The metric.
        tasks: Keys of the tasks.
        symbols: Symbols of the formulas.
        n_formulas: Number of formulas tried, without the constant.
        defaults: The formulas, largest gain first.
        remarks: Notes on changes of the data, and on hyperparameters without a formula.
    """

    algorithm: str
    metric: Metric
    tasks: tuple[str, ...]
    symbols: tuple[str, ...]
    n_formulas: int
    defaults: tuple[SymbolicDefault, ...]
    remarks: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row per hyperparameter, largest gain first."""
        columns = ["hyperparameter", "constant", "formula", "depth", "constant_score",
                   "formula_score", "gain", "low", "high", "is_better"]  # fmt: skip
        rows = [[getattr(entry, name) for name in columns] for entry in self.defaults]
        return pd.DataFrame(rows, columns=columns).sort_values(
            "gain", ascending=False, kind="stable", ignore_index=True
        )


def compared(
    hyperparameter: str,
    formula: str,
    depth: int,
    constant: Value,
    constant_loss: Floats,
    formula_loss: Floats,
    metric: Metric,
) -> SymbolicDefault:
    """Return the comparison of a formula with a constant, paired over tasks.

    Args:
        hyperparameter: Its name.
        formula: Text of the formula chosen on all tasks.
        depth: Its depth.
        constant: The constant chosen on all tasks.
        constant_loss: `(n_tasks,)` held-out losses of constants.
        formula_loss: `(n_tasks,)` held-out losses of formulas.
        metric: The metric.
    """
    found = mean_interval(constant_loss - formula_loss, level=1 - 0.05 / _DEPTHS_TRIED)
    return SymbolicDefault(
        hyperparameter, formula, depth, constant, metric.score(float(constant_loss.mean())),
        metric.score(float(formula_loss.mean())), found.mean, found.low, found.high,
    )  # fmt: skip
