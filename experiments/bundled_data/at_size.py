"""Some configurations on the larger tables once more, with more rows than the bundled data used.

Another number of rows is another estimation procedure, hence other tasks: their scores and seconds
stay in a store of their own, beside the bundled data, which it is compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from metalearn import recommenders
from metalearn.core.configuration import Configuration
from metalearn.core.task import Kind, TargetTask
from metalearn.learners.evaluation import Procedure
from metalearn.store import Store, open_store
from metalearn.store.exporting import export_parquet
from metalearn.workflows.collect import CollectOptions, CollectReport, collect
from metalearn.workflows.recommend.ask import DEFAULT_METRIC
from metalearn.workflows.tables.index import TableEntry

__all__ = ["collect_at_size", "export_at_size"]

KINDS: tuple[Kind, ...] = ("classification", "regression")
_CELLS_PER_ROW = 50  # as in the procedure of the bundled data
_TIME_LIMIT_S = 120.0  # of all folds of an evaluation


def collect_at_size(
    entries: Sequence[TableEntry],
    kb: Path,
    known: Path,
    *,
    n_rows: int,
    share: float,
    jobs: int,
    progress: Callable[[int, int], object],
) -> dict[Kind, CollectReport]:
    """Evaluate a share of the configurations on up to `n_rows` rows of the larger tables.

    Started again, it goes on where it was.

    Args:
        entries: The tables; those with no more rows than the bundled data used are left out.
        kb: Store to collect into, not that of the bundled data.
        known: The bundled data.
        n_rows: Rows of a table that are used, at most.
        share: Share of the known configurations of each kind of task: the first of each learner in
            the order of the greedy portfolio, then the other first ones of the portfolio.
        jobs: Number of parallel evaluations.
        progress: Called with the numbers of finished and of all evaluations.
    """
    procedure = Procedure(max_rows=n_rows, max_cells=_CELLS_PER_ROW * n_rows)
    reports: dict[Kind, CollectReport] = {}
    with open_store(known) as store:
        tasks = store.tasks()
        large = {*tasks.loc[tasks["n_rows"] > Procedure().max_rows, "name"]}
        chosen = {kind: _chosen(store, kind, share) for kind in KINDS}
    for kind in KINDS:
        tables = [e for e in entries if e.kind == kind and e.name in large]
        if tables:
            options = CollectOptions(
                time_limit_s=_TIME_LIMIT_S, jobs=jobs, procedure=procedure,
                configurations=chosen[kind],
            )  # fmt: skip
            reports[kind] = collect(tables, kb, options, progress)
    return reports


def export_at_size(kb: Path, folder: Path) -> Path:
    """Write what was collected as a Parquet folder; of an interrupted collection what there is.

    Args:
        kb: Store that was collected into.
        folder: Target folder.
    """
    with open_store(kb) as store:
        counted = store.sql("""
            SELECT count(DISTINCT task) AS tasks, count(DISTINCT (task, configuration)) AS runs
            FROM evaluation WHERE NOT vanished AND source = 'collect'
        """).iloc[0]
        procedures = ", ".join(sorted({*store.tasks()["procedure"]}))
    return export_parquet(
        kb, folder,
        built=f"experiments/bundled_data/build.py --rows: {counted['runs']} evaluations on the "
        f"{counted['tasks']} larger tables of the bundled data; procedure {procedures}; "
        f"{_TIME_LIMIT_S:g} s per evaluation",
    )  # fmt: skip


def _chosen(store: Store, kind: Kind, share: float) -> tuple[Configuration, ...]:
    """Return the first configuration of each learner in the greedy order, then the others."""
    meta = store.meta_dataset(DEFAULT_METRIC[kind], kind=kind).with_failures_imputed()
    rng = np.random.default_rng(0)
    ranker = recommenders.get("portfolio")().fit(meta, rng)
    order = np.argsort(ranker.score(TargetTask(np.empty(0))), kind="stable")
    greedy = [meta.configurations[j] for j in order]
    firsts = {c.algorithm: c for c in reversed(greedy)}
    ordered = sorted(greedy, key=lambda c: c is not firsts[c.algorithm])  # stable
    n = max(1, round(share * meta.n_configurations))
    return tuple(ordered[:n])
