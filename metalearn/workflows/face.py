"""`metalearn.describe`, `similar`, `collect` and `evaluate`: workflows with plain arguments.

The workflows themselves take requests and open stores; here a user gives tables, paths and names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metalearn.core.names import names_of
from metalearn.core.task import Kind
from metalearn.engines import EngineOptions
from metalearn.errors import UsageError
from metalearn.learners.evaluation import Procedure
from metalearn.metafeatures import DEFAULT_GROUPS
from metalearn.workflows.collect import CollectOptions, CollectReport
from metalearn.workflows.collect import collect as collect_tables
from metalearn.workflows.describe import DescribeRequest, Description
from metalearn.workflows.describe import describe as describe_table
from metalearn.workflows.evaluate.recommenders import DEFAULT_RECOMMENDERS, evaluate_store
from metalearn.workflows.similar import SimilarTasks, similar_tasks
from metalearn.workflows.tables.index import table_entries
from metalearn.workflows.tables.reading import checked_table

if TYPE_CHECKING:
    from metalearn.store import Store
    from metalearn.workflows.evaluate.folds import Split
    from metalearn.workflows.evaluate.result import EvaluationResult

__all__ = ["collect", "describe", "evaluate", "similar"]


def describe(
    X: Any,  # whatever users hold, see `checked_table`
    y: Any = None,
    *,
    groups: str | Sequence[str] = DEFAULT_GROUPS,
    time_budget_s: float | None = None,
    exact: bool = False,
    kind: Kind | None = None,
) -> Description:
    """Return the meta-features of a data set, with sentences about it.

    Args:
        X: Features, or a table with its target, or a path, as for `recommend`.
        y: The target, or the name of its column.
        groups: Names of groups of meta-features, or of sets of groups.
        time_budget_s: Seconds for each group; None for no limit.
        exact: Whether large tables are never sampled.
        kind: `classification` or `regression`; guessed from the target if None.

    Raises:
        InputError: If the data cannot be used.
        UnknownNameError: If there is no such group.
    """
    table = checked_table(X, y, kind=kind, learnable=False)
    return describe_table(table, DescribeRequest(names_of(groups), time_budget_s, exact))


def similar(
    X: Any,  # whatever users hold, see `checked_table`
    y: Any = None,
    *,
    n: int = 10,
    metric: str | None = None,
    kind: Kind | None = None,
    kb: Store | str | Path | None = None,
) -> SimilarTasks:
    """Return the known tasks that a data set resembles most, and why.

    Args:
        X: Features, or a table with its target, or a path, as for `recommend`.
        y: The target, or the name of its column.
        n: Number of tasks.
        metric: Metric of the losses that similarity is learned from; None takes the default.
        kind: `classification` or `regression`; guessed from the target if None.
        kb: An open store, a path, or None for the default.

    Raises:
        InputError: If the data cannot be used.
        NotEnoughMetaDataError: If the store has too few tasks of this kind with meta-features.
    """
    from metalearn.store import opened_store

    table = checked_table(X, y, kind=kind)
    with opened_store(kb) as store:
        return similar_tasks(table, store, n=n, metric=metric)


def collect(
    tables: str | Path,
    kb: str | Path,
    *,
    target: str | None = None,
    n_configurations: int = 64,
    algorithms: str | Sequence[str] = (),
    time_limit_s: float = 20.0,
    memory_limit_mb: float | None = None,
    max_rows: int = 2000,
    jobs: int | None = 1,
    engine: str = "local",
    address: str | None = None,
    progress: Callable[[int, int], object] = lambda *_: None,
) -> CollectReport:
    """Evaluate the configurations that a store misses on tables, and store them.

    It may be interrupted and repeated: what is finished is kept, and nothing is done twice.

    Args:
        tables: A table, a folder of tables, or an index CSV.
        kb: The store; created if missing.
        target: Target column of tables that no index describes.
        n_configurations: Length of the prefix of the common list, or of each algorithm's.
        algorithms: The only algorithm or algorithms; empty for the common list.
        time_limit_s: Processor seconds for all folds of one evaluation.
        memory_limit_mb: Megabytes that an evaluation may hold; None for no limit.
        max_rows: Rows that are used of a larger table; at least 50.
        jobs: Evaluations side by side; None takes all cores of the engine.
        engine: `local`, `dask` or `ray`.
        address: Address of a running cluster of that engine.
        progress: Called with the numbers of finished and of all evaluations.

    Raises:
        UsageError: If a limit is not positive.
        InputError: If none of the tables can be read.
        StoreError: If the store cannot be written.
    """
    limits = (n_configurations, time_limit_s, memory_limit_mb)
    if any(limit is not None and not limit > 0 for limit in limits) or max_rows < 50:
        raise UsageError(
            "n_configurations, time_limit_s and memory_limit_mb must be positive, max_rows >= 50"
        )
    options = CollectOptions(
        n_configurations, time_limit_s, jobs, engine, Procedure(max_rows=max_rows),
        names_of(algorithms), address, memory_limit_mb,
    )  # fmt: skip
    return collect_tables(table_entries(Path(tables), target), Path(kb), options, progress)


def evaluate(
    kb: Store | str | Path | None = None,
    *,
    metric: str | None = None,
    kind: Kind | None = None,
    recommenders: str | Sequence[str] | None = None,
    ks: Sequence[int] = (1, 3, 5, 10, 20),
    split: Split = "10-fold",
    seed: int = 0,
    jobs: int | None = None,
    engine: str = "local",
    address: str | None = None,
    progress: Callable[[int, int], object] = lambda *_: None,
) -> EvaluationResult:
    """Return the regrets of recommenders on tasks that they have not seen.

    Args:
        kb: An open store, a path, or None for the default.
        metric: Name of the metric; None takes the one with the most evaluations.
        kind: `classification` or `regression`; None takes all tasks with this metric.
        recommenders: Names; None takes the usual ones and leaves out what cannot be played.
        ks: Numbers of evaluations at which regrets are reported.
        split: `10-fold` or `leave-one-task-out`.
        seed: Seed of folds and methods.
        jobs: Processes side by side; None takes all cores of the engine.
        engine: `local`, `dask` or `ray`.
        address: Address of a running cluster of that engine.
        progress: Called with the numbers of finished and of all parts.

    Raises:
        UnknownNameError: If a metric or recommender is unknown.
        NotEnoughMetaDataError: If the store holds too few tasks.
    """
    return evaluate_store(
        kb,
        metric=metric,
        kind=kind,
        recommenders=DEFAULT_RECOMMENDERS if recommenders is None else names_of(recommenders),
        ks=ks,
        split=split,
        seed=seed,
        engine=EngineOptions(engine, address, jobs),
        skip_unable=recommenders is None,
        progress=progress,
    )
