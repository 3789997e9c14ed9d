"""`describe`: the meta-features of one table, or of many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

from metalearn.core.task import Task
from metalearn.engines import EngineOptions, Work, WorkerLostError, open_engine, outcomes
from metalearn.metafeatures import DEFAULT_GROUPS, EXACT, MetaFeatures, extract
from metalearn.metafeatures.in_words import in_words

if TYPE_CHECKING:
    from metalearn.learners.tables import Table

__all__ = ["DescribeRequest", "Description", "describe", "describe_many"]


@dataclass(frozen=True, slots=True)
class DescribeRequest:
    """Options of `describe`, besides the table.

    Attributes:
        groups: Names of groups or sets of groups.
        time_budget_s: Seconds for each group; None for no limit.
        exact: True for no sampling, whatever the cost.
    """

    groups: tuple[str, ...] = DEFAULT_GROUPS
    time_budget_s: float | None = None
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Description:
    """A task and its meta-features.

    Attributes:
        task: The task of the table.
        features: The meta-features.
    """

    task: Task
    features: MetaFeatures

    @property
    def summary(self) -> tuple[str, ...]:
        """Sentences about the table; empty if the groups they need were not computed."""
        return in_words(self.features.values, self.task.kind)

    def document(self) -> Mapping[str, object]:
        """Return the JSON document: null stands for a value that could not be computed."""
        found = self.features
        return {
            "task": self.task.to_dict(),
            "extractor": found.extractor,
            "meta_features": {k: None if isnan(v) else v for k, v in found.values.items()},
            "reasons": dict(found.reasons),
            "seconds": dict(found.seconds),
        }


def describe(table: Table, request: DescribeRequest | None = None) -> Description:
    """Return the meta-features of a table.

    Raises:
        UnknownNameError: If a group is unknown.
        UsageError: If the time budget is not positive.
    """
    chosen = request or DescribeRequest()
    found = extract(
        table.X,
        table.y,
        kind=table.kind,
        groups=chosen.groups,
        time_budget_s=chosen.time_budget_s,
        limits=EXACT if chosen.exact else None,
    )
    return Description(table.task(), found)


def describe_many(
    tables: Iterable[Table],
    request: DescribeRequest | None = None,
    *,
    n_jobs: int = 1,
    engine: EngineOptions | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> Sequence[Description]:
    """Return the meta-features of many tables, in their order.

    Args:
        tables: The tables; read as they are needed.
        request: The options of `describe`.
        n_jobs: Number of parallel processes of this machine; -1 for all cores.
        engine: Where to compute instead.
        progress: Called with the number of tables that are done.

    Raises:
        WorkerLostError: If a worker was lost twice with one of the tables.
    """
    where = engine or EngineOptions(jobs=n_jobs if n_jobs > 0 else None)
    found: dict[int, Description] = {}
    with open_engine(where) as opened:
        work = (
            Work(opened.share(table), (number, request)) for number, table in enumerate(tables)
        )
        for (number, _), described in outcomes(opened, _described, work):
            if isinstance(described, WorkerLostError):
                raise described
            found[number] = described
            progress(len(found))
    return [found[number] for number in range(len(found))]


def _described(table: Table, item: tuple[int, DescribeRequest | None]) -> Description:
    return describe(table, item[1])
