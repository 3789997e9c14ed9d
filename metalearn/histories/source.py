"""Protocol of a source of runs of one algorithm: evaluations, space and metrics."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import pandas as pd

from metalearn.core.metric import Metric
from metalearn.core.space import Space

__all__ = ["RunSource"]


@runtime_checkable
class RunSource(Protocol):
    """A store's interface for the analysis of one algorithm."""

    def evaluations(self, metric: str, *, algorithm: str | None = None) -> pd.DataFrame:
        """Return one row per task and configuration, of one algorithm or of all.

        Columns: `task`, `hyperparameters` (JSON of the active ones), `value` (score), `status`.
        """
        ...

    def space(self, algorithm: str) -> Space | None:
        """Return the declared space of an algorithm, or None."""
        ...

    def metrics(self) -> dict[str, Metric]:
        """Return the stored metrics by name."""
        ...
