"""Size of a fitted model, and how many columns of the table it uses."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn.core.arrays import Bools, Ints

__all__ = ["ModelMeasures", "column_origins", "model_measures"]

_INDICATOR = "missingindicator_"  # scikit-learn's prefix for indicators of missing values


@dataclass(frozen=True, slots=True)
class ModelMeasures:
    """What a fitted model weighs.

    Attributes:
        size_bytes: Bytes of the pickled preparation and model.
        n_columns: Columns of the table whose values the predictions depend on.
    """

    size_bytes: int
    n_columns: int


def model_measures(pipeline: Any, model: Any) -> ModelMeasures:
    """Return the measures of a fitted preparation and the model fitted on its output.

    A linear model uses the columns with a coefficient other than 0, a model of trees those with a
    split. All other models use every column that the preparation keeps.
    """
    origins = column_origins(pipeline)
    used = _used(model, len(origins))
    size = len(pickle.dumps((pipeline, model), protocol=pickle.HIGHEST_PROTOCOL))
    return ModelMeasures(size, len(np.unique(origins[used])))


def column_origins(pipeline: Any) -> Ints:
    """Return the column of the table that each prepared column comes from, `(n_prepared,)`.

    Args:
        pipeline: Fitted, from `preparation_pipeline`.
    """
    _, vectorizer, *rest = (step for _, step in pipeline.steps)
    origins: Ints
    names, origins = vectorizer.outputs()
    if vectorizer.encoding == "native":
        return origins
    by_name = dict(zip(names, origins, strict=True))
    for step in rest:
        names = list(step.get_feature_names_out(names))
    return np.array([by_name[name.removeprefix(_INDICATOR)] for name in names], dtype=np.int64)


def _used(model: Any, width: int) -> Bools:
    """Return which prepared columns a model depends on, `(width,)`; all if it does not say."""
    while not _says(model) and hasattr(model, "regressor_" if _is_scaled(model) else "estimator_"):
        model = model.regressor_ if _is_scaled(model) else model.estimator_
    if hasattr(model, "_predictors"):  # histogram gradient boosting has no importances
        nodes = [tree.nodes for row in model._predictors for tree in row]
        splits = [n["feature_idx"][n["is_leaf"] == 0] for n in nodes]
        used = np.isin(np.arange(width), np.concatenate(splits))
    elif hasattr(model, "coef_"):
        used = np.any(np.atleast_2d(model.coef_) != 0, axis=0)
    elif hasattr(model, "feature_importances_"):
        used = np.asarray(model.feature_importances_) > 0
    else:
        used = np.ones(width, dtype=np.bool_)
    return used if len(used) == width else np.ones(width, dtype=np.bool_)


def _is_scaled(model: Any) -> bool:
    return hasattr(model, "regressor_")


def _says(model: Any) -> bool:
    return any(hasattr(model, name) for name in ("_predictors", "coef_", "feature_importances_"))
