"""Learners that read categories and missing values themselves, on the bench of a worker."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metalearn.automl.bench import Bench
from metalearn.automl.fit_task import FitTask
from metalearn.automl.validation import validation_of
from metalearn.learners import get

RNG = np.random.default_rng(0)
N = 200
GROUP = RNG.integers(0, 6, N)
X = pd.DataFrame({
    "city": np.array(["o", "b", "x", "a", "q", "m"])[GROUP],
    "x": np.where(RNG.random(N) < 0.2, np.nan, RNG.normal(size=N)),
})  # fmt: skip


@pytest.mark.parametrize("name", ["xgboost", "catboost"])
@pytest.mark.parametrize("weighted", [False, True])
def test_native_preparation(name, weighted):
    pytest.importorskip(name)
    y = 10.0 * (GROUP % 2)
    wrong = RNG.random(N) < 0.3
    y[wrong] = 10.0 - y[wrong]
    weight = np.where(wrong, 1e-6, 1.0) if weighted else None
    task = FitTask("regression", X, y, weight, validation_of(y, "regression"))
    bench, default = Bench(task), get(name).space("regression").default()
    first = bench.fold(default, 0, 1.0)
    test = task.validation.splits[0][1]
    assert first.predictions.values.shape == (len(test),)
    pipeline, _ = bench.pipeline(default, seed=0)
    errors = np.abs(pipeline.predict(X) - 10.0 * (GROUP % 2))
    assert (errors < 1.0).all() if weighted else np.isfinite(errors).all()
    assert bench.fold_models()
