"""The table of mean regrets that `evaluate` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metalearn.workflows.evaluate.result import EvaluationResult

__all__ = ["print_rows"]


def print_rows(result: EvaluationResult) -> None:
    """Print mean regret and interval of every method, one row a method, one column a k."""
    width = max(len(name) for name in result.recommenders)
    print(" " * width, *(f"{f'k={k}':>21}" for k in result.ks))
    for name in result.recommenders:
        cells = [
            f"{row.regret_mean:7.4f} [{row.regret_low:.3f},{row.regret_high:.3f}]".rjust(21)
            for row in result.rows
            if row.recommender == name
        ]
        print(name.ljust(width), *cells)
