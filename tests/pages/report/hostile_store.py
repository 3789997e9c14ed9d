"""A small store whose names are markup, paths and templates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from metalearn.core.records import Batch
from metalearn.store import writing
from tests.store.worlds import batch, configurations

NAME = '<script>alert(1)</script>"><img src=x onerror=alert(1)>{{ 7*7 }}../../x'


def hostile_batch(seed: int = 0) -> Batch:
    """Six tasks and three configurations; every name that a page shows is hostile."""
    plain = batch(6, 3, 1, ("balanced_accuracy",), seed=seed)
    svc = configurations(3)[0]
    features = pd.concat(
        [plain.meta_features.assign(name=plain.meta_features["name"] + end, value=values)
         for end, values in (("", plain.meta_features["value"]),
                             (NAME, range(len(plain.meta_features))))]
    )  # fmt: skip
    return replace(
        plain,
        tasks=plain.tasks.assign(name=NAME, dataset=NAME, target=NAME, procedure=NAME, family=""),
        algorithms=plain.algorithms.assign(algorithm=svc.algorithm, library=NAME, version=NAME),
        meta_features=features.reset_index(drop=True),
    )


def hostile_store(path: Path) -> Path:
    """Write the store."""
    with writing(path) as writer:
        writer.load(hostile_batch())
    return path
