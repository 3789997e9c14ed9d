"""Canonical order of tasks, so that random draws do not depend on the order of the input."""

from __future__ import annotations

import numpy as np

from metalearn.core.arrays import Ints
from metalearn.core.meta_dataset import MetaDataset

__all__ = ["by_key"]


def by_key(meta: MetaDataset) -> Ints:
    """Return `(n_tasks,)` the indices of the tasks sorted by their keys."""
    keys = [task.key for task in meta.tasks]
    return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.int64)
