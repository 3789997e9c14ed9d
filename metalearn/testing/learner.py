"""The contract of a learner; run it over yours by overriding one fixture.

    class TestMine(LearnerContract):
        @pytest.fixture
        def algorithm(self):
            return ALGORITHM

The fixture `kind` runs over the kinds of task; unsupported kinds are left out.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.task import Kind
from metalearn.errors import EvaluationError, UsageError
from metalearn.learners.algorithm import Algorithm
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.scores import METRICS_OF
from metalearn.learners.tables import as_table

__all__ = ["LearnerContract", "messy_table"]

ROWS = 72
_TRAINED = 48


@cache
def messy_table(kind: Kind) -> tuple[pd.DataFrame, pd.Series]:
    """Return 72 rows with columns of many types, and a target that depends on some of them.

    The last 24 rows hold categories that the first 48 lack, and the only values of one column.
    """
    rng = np.random.default_rng(0)
    x = rng.normal(size=ROWS)
    late = np.arange(ROWS) >= _TRAINED
    X = pd.DataFrame(
        {
            "number": np.where(rng.random(ROWS) < 0.2, np.nan, x),
            "whole": rng.integers(0, 1000, ROWS),
            "category": np.where(late & (x > 0), "unseen", np.where(x > 0.3, "up", "down")),
            "flag": x > -0.5,
            "maybe": pd.Series(
                rng.choice(np.array([True, False, None], object), ROWS), dtype="boolean"
            ),
            "date": pd.date_range("2020-01-01", periods=ROWS, freq="17h"),
            "text": [f"item {i} of {rng.integers(9)} things" for i in range(ROWS)],
            "mixed": pd.Series((["1", 2, None, 2.5] * ROWS)[:ROWS], dtype=object),
            "missing": [None] * ROWS,
            "constant": ["same"] * ROWS,
            "late": np.where(late, rng.normal(size=ROWS), np.nan),
        }
    )
    if kind == "regression":
        return X, pd.Series(1e4 * (x + 0.1 * rng.normal(size=ROWS)), name="y")
    y = np.where(x > 0.4, "high", np.where(x > -0.4, "middle", "low")).astype(object)
    y[1] = "once"
    return X, pd.Series(y, name="y")


@cache
def _prepared(kind: Kind) -> PreparedTask:
    X, y = messy_table(kind)
    return PreparedTask(as_table(X, y, kind=kind), Procedure(n_folds=2))


def _fitted(algorithm: Algorithm, kind: Kind, configuration: Configuration) -> Any:
    X, y = messy_table(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a learner may warn about this table
        return algorithm.pipeline(kind, configuration).fit(X[:_TRAINED], y[:_TRAINED])


class LearnerContract:
    """Tests that every learner must pass."""

    n_sampled = 1
    """Configurations, beside the default, that are fitted."""
    limits: ClassVar[Mapping[str, str]] = {}
    """Value of a hyperparameter -> why no table with a class of one row can be fitted with it."""

    def _is_limited(self, configuration: Configuration) -> bool:
        return not self.limits.keys().isdisjoint(map(str, configuration.hyperparameters.values()))

    @pytest.fixture
    def algorithm(self) -> Algorithm:
        """Return the learner to check; override this."""
        raise NotImplementedError("override the fixture `algorithm`")

    @pytest.fixture(params=["classification", "regression"])
    def kind(self, request: pytest.FixtureRequest) -> Kind:
        """Return the kind of task."""
        kind: Kind = request.param
        return kind

    @pytest.fixture
    def space(self, algorithm: Algorithm, kind: Kind) -> Space:
        """Return its space; an unsupported kind must raise an error."""
        if kind not in algorithm.kinds:
            with pytest.raises(UsageError, match=f"does not do {kind}; it does"):
                algorithm.space(kind)
            pytest.skip(f"{algorithm.name} does not do {kind}")
        return algorithm.space(kind)

    @pytest.fixture
    def configurations(self, space: Space) -> list[Configuration]:
        """Return the default and some random configurations."""
        return [space.default(), *space.sample(self.n_sampled, np.random.default_rng(1))]

    def test_space(self, algorithm: Algorithm, kind: Kind, space: Space) -> None:
        """The default is valid; random configurations survive encoding and JSON unchanged."""
        drawn = [space.default(), *space.sample(50, np.random.default_rng(0))]
        assert space.decode(space.encode(drawn)) == drawn
        assert Space.from_json(algorithm.name, space.to_json()).axes == space.axes
        assert len({configuration.key for configuration in drawn}) > len(drawn) // 2
        for configuration in drawn:
            algorithm.estimator(kind, configuration)

    def test_fits_and_predicts_on_a_messy_table(
        self, algorithm: Algorithm, kind: Kind, configurations: list[Configuration]
    ) -> None:
        """Includes unseen categories and a column that is empty in the training rows."""
        X, y = messy_table(kind)
        untouched = X.copy(deep=True)
        for configuration in configurations:
            if self._is_limited(configuration):
                with pytest.raises(ValueError, match=r"\S"):
                    _fitted(algorithm, kind, configuration)
                continue
            model = _fitted(algorithm, kind, configuration)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                predicted = np.asarray(model.predict(X[_TRAINED:]))
            assert predicted.shape == (ROWS - _TRAINED,)
            if kind == "classification":
                assert set(predicted) <= set(y)
            else:
                assert np.isfinite(predicted.astype(np.float64)).all()
        pd.testing.assert_frame_equal(X, untouched)

    def test_scores(
        self, kind: Kind, configurations: list[Configuration], recwarn: pytest.WarningsRecorder
    ) -> None:
        """Each fold has all metrics, finite, in range, reproducible, and without warnings."""
        prepared = _prepared(kind)
        for configuration in configurations:
            if self._is_limited(configuration):
                with pytest.raises(ValueError, match=r"\S"):
                    list(prepared.evaluate(configuration))
                continue
            first = list(prepared.evaluate(configuration))
            again = next(iter(prepared.evaluate(configuration)))
            assert first[0].scores == again.scores
            assert [fold.fold for fold in first] == [0, 1]
            for fold in first:
                assert set(METRICS_OF[kind]) - {"log_loss"} <= set(fold.scores)
                assert np.isfinite(list(fold.scores.values())).all()
                assert min(fold.fit_s, fold.predict_s) >= 0.0
        assert not recwarn.list

    def test_only_its_own_configurations(self, algorithm: Algorithm) -> None:
        """A configuration of another learner raises an error."""
        with pytest.raises(EvaluationError, match="is not a configuration of"):
            algorithm.estimator(algorithm.kinds[0], Configuration("another", {}))
