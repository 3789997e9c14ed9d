"""What `metalearn tunability` shows: tables for people, one document for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from metalearn.cli.analysis import print_frame
from metalearn.pages.tunability import pasteable

if TYPE_CHECKING:
    from metalearn.importance import SymbolicTable, TunabilityTable

__all__ = ["print_symbolic", "print_tunability", "tunability_document"]


def print_tunability(table: TunabilityTable, margin: float) -> None:
    """Print gains, ranges, the optimal default and the default set."""
    import pandas as pd

    frame = table.summary(margin=margin)
    title = f"gain of {table.metric.name} by tuning {table.algorithm}, {len(table.tasks)} tasks"
    print_frame(frame.drop(columns=["size", "interaction"]), title)
    if table.default is None:
        return
    ranges = pd.DataFrame([(r.name, r.low, r.high, _levels(r.levels)) for r in table.ranges],
                          columns=["hyperparameter", "low", "high", "levels"])  # fmt: skip
    print_frame(ranges, "where the optima of the tasks lie (full range if -)")
    print("optimal default, the best mean over tasks:")
    print(f"{pasteable(table.default.hyperparameters)}\n")
    print(f"default set, to try in this order (mean {table.metric.name} of the best so far):")
    for step in table.default_set:
        print(f"{step.mean_score:.4f}  {pasteable(step.configuration.hyperparameters)}")


def print_symbolic(table: SymbolicTable) -> None:
    """Print the symbolic defaults and their gains on tasks that did not choose them."""
    title = (
        f"formulas as defaults, judged on tasks that did not choose them ({len(table.tasks)} "
        f"tasks, {table.n_formulas} formulas of {', '.join(table.symbols) or 'no symbol'})"
    )
    frame = table.to_frame().drop(columns="depth")
    print_frame(frame, f"\n{title}")
    if not frame["is_better"].any():
        print("No formula is better than the best constant with confidence: use the constants.")


def tunability_document(
    table: TunabilityTable, symbolic: SymbolicTable | None, snapshot: str, margin: float
) -> dict[str, Any]:
    """Return the analysis as one document; `symbolic` is None unless requested."""
    found: dict[str, Any] = {
        "algorithm": table.algorithm,
        "metric": table.metric.name,
        "snapshot": snapshot,
        "n_tasks": len(table.tasks),
        "default": dict(table.default.hyperparameters) if table.default else None,
        "items": table.summary(margin=margin).to_dict("records"),
        "ranges": [asdict(entry) for entry in table.ranges],
        "default_set": [
            {"rank": step.rank, "hyperparameters": dict(step.configuration.hyperparameters),
             "mean_score": step.mean_score, "regret": step.regret}
            for step in table.default_set
        ],
        "tasks": table.to_frame().to_dict("records"),
        "notes": table.notes,
        "remarks": table.remarks,
    }  # fmt: skip
    if symbolic is not None:
        found["symbolic"] = {
            "symbols": symbolic.symbols,
            "n_formulas": symbolic.n_formulas,
            "defaults": symbolic.to_frame().to_dict("records"),
            "remarks": symbolic.remarks,
        }
    return found


def _levels(levels: tuple[tuple[Any, float], ...]) -> str:
    return ", ".join(f"{value} ({share:.0%})" for value, share in levels) or "-"
