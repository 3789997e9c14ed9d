"""`metalearn importance SPACE`: which hyperparameters matter, on one task and across tasks."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metalearn.cli.analysis import add_common, analysed_runs, print_frame, print_json, print_notes
from metalearn.errors import NotEnoughMetaDataError
from metalearn.pages.notes import remarks_by_kind, task_notes_by_kind

if TYPE_CHECKING:
    import pandas as pd

    from metalearn.histories.runs import Runs
    from metalearn.importance import FanovaSettings, ImportanceTable, Marginal

__all__ = ["add_arguments", "run"]

_SHOWN = ["item", "size", "median", "lower_quartile", "upper_quartile", "mean_in_branch",
          "mean_rank", "top_on"]  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_common(parser)
    add = parser.add_argument
    add("--method", choices=("fanova", "ped-anova"), default="fanova", help="default: fanova")
    add("--order", type=int, default=2, metavar="N",
        help="size of the largest interaction (default: %(default)s)")  # fmt: skip
    add("--trees", type=int, default=16, metavar="N", help="default: %(default)s")
    add("--pool", action="store_true",
        help="analyse the runs of all tasks together, by their rank within the task")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.importance import (
        FanovaSettings,
        OperatorSource,
        fanova,
        importance_summary,
        ped_anova,
        pooled,
    )
    from metalearn.importance.forest import ForestSettings
    from metalearn.store import open_store

    with open_store(arguments.kb) as store:
        runs = analysed_runs(arguments, OperatorSource(store))
        snapshot = store.snapshot
    if arguments.pool:
        runs = pooled(runs)
    settings = FanovaSettings(order=arguments.order, forest=ForestSettings(arguments.trees))
    if arguments.method == "fanova":
        table = fanova(runs, settings=settings, seed=arguments.seed)
    else:
        table = ped_anova(runs)
    paths = []
    if arguments.out:
        from metalearn.plots.importance_report import draw_importance

        paths = draw_importance(table, runs, arguments.out, settings=settings, seed=arguments.seed)
    if arguments.html:
        _write_page(table, runs, snapshot, arguments.html, settings, arguments.seed)
        paths.append(arguments.html)
    if arguments.json:
        print_json(_document(table, importance_summary(table), snapshot))
        return 0
    _print(table, importance_summary(table), paths)
    if not table.valid:
        raise NotEnoughMetaDataError("no task has runs that allow a statement; see the notes")
    return 0


def _print(table: ImportanceTable, summary: pd.DataFrame, paths: Sequence[Path]) -> None:
    title = (f"{table.method} of {table.algorithm} ({table.metric}), {len(table.valid)} of "
             f"{len(table.tasks)} tasks")  # fmt: skip
    print_frame(summary.loc[:, _SHOWN], title)
    by_task = dict(zip(table.tasks, table.notes, strict=True))
    print_notes([*remarks_by_kind(table.remarks), *task_notes_by_kind(by_task)], paths)


def _write_page(
    table: ImportanceTable, runs: Runs, snapshot: str, path: Path, settings: FanovaSettings,
    seed: int,
) -> None:  # fmt: skip
    from metalearn.pages.importance import importance_page
    from metalearn.pages.rendering import write_page
    from metalearn.plots.importance_report import top_marginals

    curves: Sequence[Marginal] = ()
    surfaces: Sequence[Marginal] = ()
    score = ""
    if table.valid:
        curves, surfaces, score = top_marginals(table, runs, settings, seed)
    write_page(importance_page(table, snapshot, curves, score, surfaces), path)


def _document(table: ImportanceTable, summary: pd.DataFrame, snapshot: str) -> dict[str, Any]:
    from metalearn.importance import rank_summary

    main = table.of_size(1)
    ranks = rank_summary(main.names, main.share)
    return {
        "algorithm": table.algorithm,
        "metric": table.metric,
        "method": table.method,
        "snapshot": snapshot,
        "n_tasks": len(table.valid),
        "items": summary.to_dict("records"),
        "ranks": {
            "items": ranks.names, "mean_ranks": ranks.mean_ranks,
            "friedman_p": ranks.test.p_value, "iman_davenport_p": ranks.test.f_p_value,
            "critical_difference": ranks.critical_difference, "not_distinct": ranks.groups,
        },
        "tasks": [
            {"task": task, "n_runs": n, "fit": fit, "note": note,
             "share": dict(zip(table.names, row, strict=True))}
            for task, n, fit, note, row in zip(
                table.tasks, table.n_runs, table.fit, table.notes, table.share, strict=True)
        ],
        "remarks": table.remarks,
    }  # fmt: skip
