"""Stored evaluations of the user's own table: they count as evidence, and a note reports them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.meta_dataset import MetaDataset
from metalearn.learners.tables import Table
from metalearn.workflows.recommend.result import Tried
from metalearn.workflows.tables.content import same_content

__all__ = ["OwnTrials", "own_trials"]


@dataclass(frozen=True, slots=True)
class OwnTrials:
    """Configurations that were evaluated on the table before.

    Attributes:
        tried: The configurations with their scores, best first.
        notes: One sentence with the tasks and how to exclude them; empty if there are none.
    """

    tried: tuple[Tried, ...]
    notes: tuple[str, ...]


def own_trials(table: Table, meta: MetaDataset) -> OwnTrials:
    """Return the evaluations in a meta-dataset of tasks with the same content as a table.

    Args:
        table: The table.
        meta: The known tasks, failures as NaN.
    """
    size = table.X.shape
    equal = [t.key for t in meta.tasks if (t.n_rows, t.n_features) == size]
    own = set(same_content(table, equal))
    rows = [i for i, task in enumerate(meta.tasks) if task.key in own]
    cells = [(float(meta.losses[i, j]), i, int(j)) for i in rows
             for j in np.flatnonzero(np.isfinite(meta.losses[i]))]  # fmt: skip
    if not cells:
        return OwnTrials((), ())
    tried = tuple(
        Tried(meta.configurations[j], float(meta.metric.score(loss)), meta.tasks[i].name)
        for loss, i, j in sorted(cells)
    )
    names = ", ".join(dict.fromkeys(meta.tasks[i].name for i in rows))
    first = meta.tasks[rows[0]].name
    best = tried[0]
    note = (
        f"the store knows this very table ({names}): its {len(tried)} evaluations count, the best "
        f"is {best.configuration} with {meta.metric.name} {best.score:.3f}; leave them out with "
        f"--exclude {first} (exclude={first!r})"
    )
    return OwnTrials(tried, (note,))
