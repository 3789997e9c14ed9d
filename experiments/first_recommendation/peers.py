"""The peers of a first recommendation: untuned learners, and what FLAML suggests unseen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from metalearn.core.arrays import Ints
from metalearn.core.task import Kind
from metalearn.learners.preparation import preparation_pipeline

__all__ = ["PEERS", "Fitted"]


class Fitted:
    """A fitted model with the transformation of raw rows before it.

    Attributes:
        model: The fitted model.
        prepared: From a frame of raw rows to what the model reads.
    """

    def __init__(self, model: Any, prepared: Callable[[pd.DataFrame], Any]) -> None:
        self.model, self.prepared = model, prepared


def _untuned(name: str, **arguments: Any) -> Callable[[pd.DataFrame, Ints, Kind], Fitted]:
    def fit(X: pd.DataFrame, y: Any, kind: Kind) -> Fitted:
        from sklearn import ensemble

        ending = "Classifier" if kind == "classification" else "Regressor"
        chosen = arguments if kind == "classification" else {}
        pipeline = preparation_pipeline("ordinal")
        model = getattr(ensemble, name + ending)(random_state=0, **chosen)
        return Fitted(model.fit(np.asarray(pipeline.fit_transform(X)), y),
                      lambda rows: np.asarray(pipeline.transform(rows)))  # fmt: skip

    return fit


def _flaml(X: pd.DataFrame, y: Any, kind: Kind) -> Fitted:
    """Fit the learner and the hyperparameters that FLAML suggests without a search."""
    from flaml.default import preprocess_and_suggest_hyperparams

    task: str = kind
    if kind == "classification":
        task = "binary" if len(np.unique(y)) == 2 else "multiclass"
    target = pd.Series(y, index=X.index)
    values, make, A, b, before, _ = preprocess_and_suggest_hyperparams(task, X, target, "all")
    model = make(**values).fit(A, b)
    return Fitted(model, before.transform)


PEERS: dict[str, Callable[[pd.DataFrame, Any, Kind], Fitted]] = {
    "boosting": _untuned("HistGradientBoosting"),
    "balanced-boosting": _untuned("HistGradientBoosting", class_weight="balanced"),
    "forest": _untuned("RandomForest"),
    "flaml": _flaml,
}
"""By name: from training rows, target (numbers or codes) and kind to a fitted model."""
