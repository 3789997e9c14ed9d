"""Acquisitions over a fitted process: slopes, optima and draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import check_grad

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.space import Space
from metalearn.errors import UnknownNameError
from metalearn.numerics.search.acquisition import log_improvement_slope
from metalearn.optimizers.acquisitions import (
    Value,
    acquisition_named,
    bound,
    improvement,
    thompson,
)
from metalearn.optimizers.candidates import CandidateSearch
from metalearn.surrogates.gaussian_process import GaussianProcess, GaussianProcessPredictor
from metalearn.testing.functions import FUNCTIONS

BRANIN = FUNCTIONS["branin"]
SPACE: Space = BRANIN.space


@pytest.fixture(params=[3, 12])
def fitted(request: pytest.FixtureRequest) -> GaussianProcessPredictor:
    rng = np.random.default_rng(request.param)
    drawn = SPACE.sample(request.param, rng)
    losses = np.array([BRANIN.loss(configuration) for configuration in drawn])
    return GaussianProcess(SPACE).fit(History(SPACE.encode(drawn), losses), rng)


def lowest(predictor: GaussianProcessPredictor) -> float:
    return float(predictor.predict(predictor.posterior.points).mean.min())


def improvement_slope(predictor: GaussianProcessPredictor, x: Floats) -> Floats:
    """The gradient of log EI by the chain rule."""
    at, best = predictor.predict(x[None, :]), lowest(predictor)
    by_mean, by_std = log_improvement_slope(at.mean, at.std, best)
    mean_slope, std_slope = predictor.posterior.gradients(x)
    return np.asarray(predictor.width * (by_mean * mean_slope + by_std * std_slope))


def bound_slope(predictor: GaussianProcessPredictor, x: Floats) -> Floats:
    mean_slope, std_slope = predictor.posterior.gradients(x)
    return np.asarray(predictor.width * (2.0 * std_slope - mean_slope))


SLOPES = {"ei": (improvement, improvement_slope), "lcb": (bound, bound_slope)}


def best_point(value: Value, rng: np.random.Generator) -> Floats:
    return np.asarray(CandidateSearch().ranked(SPACE, value, np.empty((0, 2)), rng)[0])


@pytest.mark.parametrize("name", SLOPES)
def test_slopes_are_those_of_finite_differences(
    name: str, fitted: GaussianProcessPredictor, rng: np.random.Generator
) -> None:
    acquisition, slope = SLOPES[name]
    value = acquisition(fitted, lowest(fitted), rng)
    for point in rng.uniform(0.05, 0.95, (8, 2)):
        size = max(1.0, float(np.abs(slope(fitted, point)).max()))
        error = check_grad(
            lambda x: value(x[None, :])[0], lambda x: slope(fitted, x), point, epsilon=1e-7
        )
        assert error < 1e-4 * size


@pytest.mark.parametrize("name", SLOPES)
def test_the_search_finds_the_optimum_where_the_slope_vanishes(
    name: str, fitted: GaussianProcessPredictor, rng: np.random.Generator
) -> None:
    acquisition, slope = SLOPES[name]
    value = acquisition(fitted, lowest(fitted), rng)
    line = np.linspace(0.0, 1.0, 201)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    found = best_point(value, rng)
    spread = float(np.ptp(value(grid)))
    assert value(found[None, :])[0] > value(grid).max() - 1e-4 * spread
    at_wall = (found < 1e-3) | (found > 1 - 1e-3)
    outward = np.where(found < 0.5, -1.0, 1.0) * slope(fitted, found)
    steepest = max(float(np.abs(slope(fitted, x)).max()) for x in rng.random((50, 2)))
    assert (np.abs(outward[~at_wall]) < 0.05 * steepest).all()
    assert (outward[at_wall] > -0.05 * steepest).all()


def test_drawn_functions_pass_through_what_was_observed(
    fitted: GaussianProcessPredictor, rng: np.random.Generator
) -> None:
    X = fitted.posterior.points
    first, second = (thompson(fitted, 0.0, rng) for _ in range(2))
    noise = fitted.width * np.sqrt(max(fitted.posterior.hyper.noise, 1e-6))
    np.testing.assert_allclose(-first(X), fitted.predict(X).mean, atol=5 * noise)
    elsewhere = rng.random((20, 2))
    assert not np.allclose(first(elsewhere), second(elsewhere))


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="acquisition"):
        acquisition_named("luck")
