"""Subsampling landmarkers: the landmarkers on a tenth of the rows (Petrak 2000; Soares 2001).

Compared with the full landmarkers, they show how much a learner gains from more rows. The tenth is
drawn stratified by target, at least 100 rows; a smaller table has none.
"""

from __future__ import annotations

from functools import partial

from metalearn.metafeatures.folds import folded
from metalearn.metafeatures.landmarkers import GROUP as LANDMARKERS
from metalearn.metafeatures.landmarkers import SCORES
from metalearn.metafeatures.registry import Compute, Group, MetaFeature, Value, shared
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import DatasetView

__all__ = ["GROUP"]

GROUP = Group("subsampling", "The landmarkers on a tenth of the rows.")
SHARE = 0.1
MIN_ROWS = 100


@shared
def _tenth(view: DatasetView) -> DatasetView:
    if view.n_rows <= MIN_ROWS:
        raise Undefined(f"subsampling landmarkers need more than {MIN_ROWS} rows")
    rows = folded(view).view
    return rows.sample(max(int(SHARE * rows.n_rows), MIN_ROWS), "subsampling")


def _on_tenth(view: DatasetView, *, name: str) -> Value:
    return LANDMARKERS.features[name].compute(_tenth(view).until(view.deadline))


def _sampled(name: str) -> Compute:
    compute: Compute = partial(_on_tenth, name=name)
    compute.__doc__ = f"Return the landmarker `{name}` on a tenth of the rows."
    return compute


for _name in SCORES:
    _full = LANDMARKERS.features[_name]
    GROUP.add(
        MetaFeature(
            f"{_name}_sub",
            _sampled(_name),
            _full.kinds,
            True,
            f"{_full.formula}, on 10 % of the rows",
            "Petrak 2000",
        )
    )
