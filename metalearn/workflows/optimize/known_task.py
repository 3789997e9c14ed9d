"""Stored evaluations of the user's own table, found by its content, not its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.inside import lies_in
from metalearn.core.metric import Metric
from metalearn.core.objective import Objective
from metalearn.core.space import Space
from metalearn.core.stored_json import stored_object
from metalearn.core.task import Task
from metalearn.errors import UnknownNameError
from metalearn.learners.evaluation import PreparedTask
from metalearn.workflows.objectives import IN_STORE, n_test_rows, stored_values
from metalearn.workflows.optimize.result import SearchTrial
from metalearn.workflows.tables.content import same_content
from metalearn.workflows.writeback.journal import Record
from metalearn.workflows.writeback.records import task_record

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["KnownTarget", "known_target"]


@dataclass(frozen=True, eq=False)
class KnownTarget:
    """A table under a procedure, with its key in a store.

    Attributes:
        prepared: The table under the procedure.
        record: Its description for the store, under its stored key if there is one.
        own: Keys of all known tasks of the same content, under any procedure.
        is_excluded: Whether the user excluded its stored evaluations.
    """

    prepared: PreparedTask
    record: Record
    own: tuple[str, ...]
    is_excluded: bool

    @property
    def task(self) -> Task:
        """The task."""
        return self.prepared.task

    @property
    def key(self) -> str:
        """The key of the task in the store."""
        return str(self.record["task"])

    def trials(
        self,
        store: Store,
        space: Space,
        metric: Metric,
        objectives: Sequence[Objective] = (),
    ) -> tuple[SearchTrial, ...]:
        """Return the successful stored evaluations of this table that lie in a space.

        Args:
            store: The store.
            space: The space.
            metric: Metric of their scores.
            objectives: Of several, those whose stored values the trials get.
        """
        if self.is_excluded or self.key not in self.own:
            return ()
        only = space.algorithms[0] if len(space.algorithms) == 1 else None
        try:
            table = store.evaluations(metric.name, algorithm=only)
        except UnknownNameError:
            return ()
        table = table[table["algorithm"].isin(space.algorithms)]
        mine = table[(table["task"] == self.key) & (table["status"] == "ok")]
        columns = ["algorithm", "hyperparameters", "value", "runtime_s"]
        rows = mine[columns].itertuples(index=False)
        found = [
            SearchTrial(
                0, Configuration(name, stored_object(text)), float(value), "ok", "",
                1.0, float(seconds), 0.0, "remembered", self.task,
            )
            for name, text, value, seconds in rows
        ]  # fmt: skip
        values = self._values(store, objectives)
        return tuple(
            replace(trial, values=values.get(trial.configuration.key, {}))
            for trial in found
            if lies_in(space, trial.configuration)
        )

    def _values(
        self, store: Store, objectives: Sequence[Objective]
    ) -> dict[str, dict[str, float]]:
        """Return the stored values of objectives by key; none unless the store has all of them."""
        names = [objective.name for objective in objectives]
        if not all(o.name in IN_STORE for o in objectives if o.is_cost) or not names:
            return {}
        try:
            n_test = float(np.median(n_test_rows(self.prepared)))
            table = stored_values(store, objectives, [self.key], n_test)
        except UnknownNameError:
            return {}
        rows = table[names].to_dict("records")
        return {
            str(key): {str(name): float(value) for name, value in row.items()}
            for key, row in zip(table["configuration"], rows, strict=True)
        }


def known_target(store: Store, prepared: PreparedTask, exclude: Sequence[str]) -> KnownTarget:
    """Return a table under its key in the store, or under a new one."""
    tasks = store.tasks().set_index("task")
    record = task_record(prepared.task, prepared.table.target, prepared.procedure.to_json())
    sizes = (tasks["n_rows"] == prepared.task.n_rows) & (
        tasks["n_features"] == prepared.task.n_features
    )
    own = same_content(prepared.table, list(tasks.index[sizes.fillna(False)]))
    procedure = str(record["task"]).rsplit("-", 1)[1]
    known = next((key for key in own if key.rsplit("-", 1)[-1] == procedure), None)
    if known is not None:
        row = tasks.loc[known]
        record |= {"task": known, "table": row["name"], "family": row["family"] or ""}
    names = {*own, *tasks.loc[own, "name"], prepared.task.name} if own else set()
    return KnownTarget(prepared, record, tuple(own), bool(names & set(exclude)))
