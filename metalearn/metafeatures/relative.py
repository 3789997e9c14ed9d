"""Relative landmarkers: the rank of each landmarker among the others (Fürnkranz & Petrak 2001).

Names and ranks are pymfe's: `one_nn.mean.relative` is the rank (1 = lowest, ties averaged) of the
mean score of 1-NN among the mean scores of all landmarkers of this kind of task.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.task import Kind
from metalearn.metafeatures.landmarkers import GROUP as LANDMARKERS
from metalearn.metafeatures.landmarkers import SCORES
from metalearn.metafeatures.registry import (
    FAILURES,
    Compute,
    Group,
    MetaFeature,
    shared,
)
from metalearn.metafeatures.summaries import summarise
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import DatasetView

__all__ = ["GROUP"]

GROUP = Group("relative", "Ranks of the landmarkers among each other.")
SUMMARIES = ("mean", "sd")


@shared
def _table(view: DatasetView) -> Floats:
    """Return mean and sd of each landmarker, `(n_scores, 2)`; NaN where there is none."""
    vectors = []
    for name in SCORES:
        feature = LANDMARKERS.features[name]
        try:
            defined = view.kind in feature.kinds
            vectors.append(np.asarray(feature.compute(view)) if defined else np.empty(0))
        except (Undefined, *FAILURES):
            vectors.append(np.empty(0))
    return summarise(vectors, SUMMARIES)


def _rank(view: DatasetView, *, name: str, summary: str) -> float:
    values = _table(view)[:, SUMMARIES.index(summary)]
    mine = values[SCORES.index(name)]
    if np.isnan(mine):
        raise Undefined(f"the landmarker {name} has no value")
    return float((values < mine).sum() + ((values == mine).sum() + 1) / 2)


def _ranked(name: str, summary: str) -> Compute:
    compute: Compute = partial(_rank, name=name, summary=summary)
    compute.__doc__ = f"Return the rank of `{name}.{summary}` among the landmarkers."
    return compute


for _summary in SUMMARIES:
    for _name in SCORES:
        _kinds: tuple[Kind, ...] = LANDMARKERS.features[_name].kinds
        GROUP.add(
            MetaFeature(
                f"{_name}.{_summary}.relative",
                _ranked(_name, _summary),
                _kinds,
                False,
                f"rank of {_name}.{_summary}, 1 = lowest",
                "Fürnkranz & Petrak 2001",
            )
        )
