"""Expected score and expected seconds of one fit, for each configuration on a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.seams import Ranker
from metalearn.core.stored_json import stored_object
from metalearn.core.task import TargetTask, Task
from metalearn.learners.tables import Table
from metalearn.numerics.tasks.forest_proximity import ForestProximity
from metalearn.recommenders.expected_score import Expectation, expected_score
from metalearn.workflows.recommend.floor import Floor

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["expectation", "expected_seconds"]


def expectation(
    meta: MetaDataset, target: TargetTask, floor: Floor, ranker: Ranker, seed: int
) -> Expectation:
    """Return expected losses, `(n_configurations,)`.

    Metrics whose scores compare between tasks only relative to the dummy's are modelled as
    multiples of the dummy's loss.

    Args:
        meta: Known tasks, failures imputed.
        target: The table.
        floor: Losses of the dummy.
        ranker: The fitted recommender; its forest is used if it has one.
        seed: Seed of the forest that is fitted otherwise.
    """
    units, own = floor.units()
    scaled = replace(meta, losses=meta.losses / units[:, None])
    seen = replace(target, observed_losses=target.observed_losses / own)
    proximity = getattr(ranker, "proximity", None)
    if not isinstance(proximity, ForestProximity):
        proximity = None
    found = expected_score(scaled, np.random.default_rng(seed), proximity).predict(seen)
    return replace(found, mean=found.mean * own, low=found.low * own, high=found.high * own)


def expected_seconds(store: Store, meta: MetaDataset, table: Table) -> Floats:
    """Return seconds of one fit on the whole table, `(n_configurations,)`; NaN if unknown."""
    from metalearn.numerics.runtime_model import fit_runtime_model

    rows, columns = _training_sizes(store, meta.tasks)
    timed = np.isfinite(rows) & np.isfinite(columns) & np.isfinite(meta.runtimes_s).any(axis=1)
    if timed.sum() < 3:
        return np.full(meta.n_configurations, np.nan)
    algorithms = [c.algorithm for c in meta.configurations]
    model = fit_runtime_model(
        rows[timed], columns[timed], meta.runtimes_s[timed], algorithms=algorithms
    )
    return model.predict(*map(float, table.X.shape))[0]


def _training_sizes(store: Store, tasks: Sequence[Task]) -> tuple[Floats, Floats]:
    """Return rows and columns of the training set of a stored fit; a procedure may sample rows."""
    from metalearn.learners.evaluation import Procedure

    procedures = dict(store.tasks()[["task", "procedure"]].itertuples(index=False, name=None))
    rows = np.full(len(tasks), np.nan)
    columns = np.full(len(tasks), np.nan)
    for i, task in enumerate(tasks):
        if task.n_rows is None or task.n_features is None:
            continue
        rows[i], columns[i] = task.n_rows, max(task.n_features, 1)
        described = stored_object(procedures.get(task.key) or "{}")
        if "max_cells" in described:
            procedure = Procedure(**described)
            used = procedure.rows_of(task.n_rows, task.n_features)
            rows[i] = used * (1.0 - 1.0 / procedure.folds_of(used))
    return rows, columns
