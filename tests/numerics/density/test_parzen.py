"""Parzen mixtures: golden widths, densities that integrate to one, draws that follow them."""

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer
from scipy.integrate import quad

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.numerics.density.parzen import age_weights, fit_parzen, gap_widths


@pytest.fixture
def space() -> Space:
    config_space = ConfigurationSpace()
    config_space.add(
        Float("a", (0.0, 1.0)), Integer("b", (1, 12), log=True), Categorical("c", list("xyz"))
    )
    return Space("test", config_space)


@pytest.mark.parametrize(
    ("points", "widths"),
    [
        # the larger gap, bounds left out at both ends; at least 1 / (n + 2) (METHODS 11.4)
        ([0.2, 0.3, 0.7], [0.2, 0.4, 0.4]),
        ([0.7, 0.2, 0.3], [0.4, 0.2, 0.4]),
        ([0.2], [0.8]),  # a single point has the bounds for neighbours
        ([0.5, 0.5], [0.25, 0.25]),
        ([], []),
    ],
)
def test_golden_widths(points: list[float], widths: list[float]) -> None:
    np.testing.assert_allclose(gap_widths(np.array(points)), widths)


def test_floor_of_widths_stops_at_a_hundredth() -> None:
    assert gap_widths(np.full(500, 0.3)).min() == 0.01


def test_golden_age_weights() -> None:
    np.testing.assert_allclose(age_weights(3), 1.0)
    np.testing.assert_allclose(age_weights(28)[:4], [1 / 28, (1 + 1 / 28) / 2, 1.0, 1.0])


def test_mixture_by_hand() -> None:
    """One point on one axis and the flat kernel, half each; truncated to the unit interval."""
    from scipy.stats import truncnorm

    config_space = ConfigurationSpace()
    config_space.add(Float("a", (0.0, 1.0)))
    mixture = fit_parzen(Space("line", config_space).axes, np.array([[0.2]]))
    u = np.linspace(0.0, 1.0, 11)
    near = truncnorm(-0.2 / 0.8, 0.8 / 0.8, 0.2, 0.8).pdf(u)
    flat = truncnorm(-0.5, 0.5, 0.5, 1.0).pdf(u)
    np.testing.assert_allclose(np.exp(mixture.log_density(u[:, None])), (near + flat) / 2)


@pytest.mark.parametrize("joint", [True, False])
def test_integrates_to_one_and_draws_follow(
    space: Space, rng: np.random.Generator, joint: bool
) -> None:
    points = space.encode(space.sample(6, rng))
    mixture = fit_parzen(space.axes, points, joint=joint)
    a, b, c = (space.names.index(name) for name in "abc")
    at = np.full((1, 3), np.nan)

    def density(u: float, axis: int) -> float:
        at[:] = np.nan
        at[0, axis] = u
        return float(np.exp(mixture.log_density(at))[0])

    assert quad(lambda u: density(u, a), 0, 1)[0] == pytest.approx(1.0, abs=1e-6)
    edges = space.axes[b].cell_edges()
    assert edges is not None
    middle = (edges[:-1] + edges[1:]) / 2
    assert sum(density(m, b) * w for m, w in zip(middle, np.diff(edges), strict=True)) == (
        pytest.approx(1.0)
    )
    masses = [density(u, c) / 3 for u in (1 / 6, 1 / 2, 5 / 6)]
    drawn = mixture.draw(20_000, rng)
    shares = np.bincount((drawn[:, c] * 3).astype(int), minlength=3) / 20_000
    np.testing.assert_allclose(shares, masses, atol=0.015)
    for q in (0.25, 0.5, 0.75):
        below = quad(lambda u: density(u, a), 0, q)[0]
        assert np.mean(drawn[:, a] < q) == pytest.approx(below, abs=0.015)


def test_inactive_points_leave_the_flat_kernel(space: Space) -> None:
    points = np.full((4, 3), np.nan)
    points[:, 0] = 0.9
    other = np.tile(np.linspace(0.05, 0.95, 7)[:, None], 3)
    other[:, 0] = np.nan
    for joint in (True, False):
        assert np.ptp(fit_parzen(space.axes, points, joint=joint).log_density(other)) < 0.6


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a", "b", "c", "d", "e"])
def test_densities_are_those_of_optuna(rng: np.random.Generator, name: str) -> None:
    """Axis by axis, 20 points: among equal points the order, and so the width of each, is free."""
    optuna = pytest.importorskip("optuna")
    from optuna.samplers._tpe import parzen_estimator as theirs

    d = optuna.distributions
    axis, distribution = {
        "a": (Float("a", (-5.0, 10.0)), d.FloatDistribution(-5.0, 10.0)),
        "b": (Float("b", (1e-3, 1e2), log=True), d.FloatDistribution(1e-3, 1e2, log=True)),
        "c": (Integer("c", (1, 20)), d.IntDistribution(1, 20)),
        "d": (Integer("d", (1, 64), log=True), d.IntDistribution(1, 64, log=True)),
        "e": (Categorical("e", list("wxyz")), d.CategoricalDistribution(list("wxyz"))),
    }[name]
    config_space = ConfigurationSpace()
    config_space.add(axis)
    space = Space("test", config_space)
    drawn, probes = space.sample(20, rng), space.sample(30, rng)

    def internal(configurations: list[Configuration]) -> dict[str, Floats]:
        values = [c.hyperparameters[name] for c in configurations]
        return {name: np.array([distribution.to_internal_repr(value) for value in values])}

    parameters = theirs._ParzenEstimatorParameters(
        1.0, True, False, optuna.samplers._tpe.sampler.default_weights, True
    )
    estimator = theirs._ParzenEstimator(internal(drawn), {name: distribution}, parameters)
    expected = estimator.log_pdf(internal(probes))
    ours = fit_parzen(space.axes, space.encode(drawn)).log_density(space.encode(probes))
    k = np.array([c.hyperparameters["d"] for c in probes]) if name == "d" else np.ones(1)
    size = {  # of what one unit of density, or one cell, is in the cube
        "a": 1 / 15, "b": 1 / np.log(1e5), "c": 1 / 20, "e": 1 / 4,
        "d": np.log((k + 0.5) / (k - 0.5)) / np.log(64.5 / 0.5),
    }[name]  # fmt: skip
    np.testing.assert_allclose(ours + np.log(size), expected, rtol=1e-6, atol=1e-6)
