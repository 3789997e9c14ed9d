"""`metalearn tunability SPACE`: what tuning gains over good defaults, and which defaults."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from metalearn.cli.analysis import add_common, branch_of, print_frame, print_json, print_notes
from metalearn.errors import NotEnoughMetaDataError

if TYPE_CHECKING:
    from metalearn.importance import TunabilityTable

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_common(parser)
    add = parser.add_argument
    add("--order", type=int, choices=(1, 2), default=2, help="2 = pairs too (default)")
    add("--defaults", type=int, default=8, metavar="N",
        help="length of the default set (default: %(default)s)")  # fmt: skip
    add("--margin", type=float, default=0.01, metavar="S",
        help="loss of score that does not matter (default: %(default)s)")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.core.runs import as_runs
    from metalearn.importance import TunabilitySettings, tunability
    from metalearn.store import open_store

    with open_store(arguments.kb) as store:
        branch = branch_of(arguments.where)
        runs = as_runs(store, arguments.algorithm, metric=arguments.metric, where=branch)
        snapshot = store.snapshot
    settings = TunabilitySettings(order=arguments.order, n_defaults=arguments.defaults)
    table = tunability(runs, settings=settings, seed=arguments.seed)
    paths = []
    if arguments.out:
        from metalearn.plots.tunability_report import draw_tunability

        paths = draw_tunability(table, arguments.out)
    if arguments.json:
        print_json(_document(table, snapshot, arguments.margin))
        return 0
    _print(table, arguments.margin)
    print_notes([*table.remarks, *(f"{t}: {n}" for t, n in table.notes.items())], paths)
    if table.default is None:
        raise NotEnoughMetaDataError(table.remarks[-1])
    return 0


def _print(table: TunabilityTable, margin: float) -> None:
    import json

    import pandas as pd

    frame = table.summary(margin=margin)
    title = f"gain of {table.metric.name} by tuning {table.algorithm}, {len(table.tasks)} tasks"
    print_frame(frame.drop(columns=["size", "interaction"]), title)
    if table.default is None:
        return
    ranges = pd.DataFrame([asdict(entry) for entry in table.ranges])
    print_frame(ranges, "where the optima of the tasks lie (full range if -)")
    print(f"optimal default: {json.dumps(dict(table.default.hyperparameters))}\ndefault set:")
    for step in table.default_set:
        words = json.dumps(dict(step.configuration.hyperparameters))
        print(f"  {step.rank:2d}  best of the first {step.rank}: {step.mean_score:.4f}  {words}")


def _document(table: TunabilityTable, snapshot: str, margin: float) -> dict[str, Any]:
    return {
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
