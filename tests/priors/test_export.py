"""Priors in other libraries' words: the same probabilities there, and JSON round trips."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import ConfigurationSpace, Float
from sklearn.model_selection import ParameterSampler

from metalearn.core.space import Space
from metalearn.errors import InputError
from metalearn.priors import KDEPrior, from_json, kde, to_config_space, to_json, to_scipy
from metalearn.priors.pool import Pool
from tests.priors.test_kernel_density import world


@pytest.fixture(scope="module")
def prior():
    return kde(world())


def test_json_round_trip(prior):
    again = from_json(to_json(prior))
    X = prior.sample_points(50, np.random.default_rng(0))
    assert again.log_density(X) == pytest.approx(prior.log_density(X))
    assert again.pool.tasks == prior.pool.tasks
    for text in ("nonsense", "{}", '{"version": 99}'):
        with pytest.raises(InputError):
            from_json(text)


def test_config_space_carries_the_prior(prior):
    space = to_config_space(prior)
    space.seed(0)
    drawn = [dict(c) for c in space.sample_configuration(3000)]
    ours = [c.hyperparameters for c in prior.sample(3000, np.random.default_rng(0))]
    rbf = [np.mean([c["kernel"] == "rbf" for c in s]) for s in (drawn, ours)]
    assert rbf[0] == pytest.approx(rbf[1], abs=0.05)
    for name in ("C", "gamma"):
        logs = [np.log10([c[name] for c in s if name in c]) for s in (drawn, ours)]
        assert logs[0].mean() == pytest.approx(logs[1].mean(), abs=0.15)
        assert logs[0].std() == pytest.approx(logs[1].std(), rel=0.15)
    degree = [np.mean([c["degree"] for c in s]) for s in (drawn, ours)]
    assert degree[0] == pytest.approx(degree[1], abs=0.6)
    assert all(("gamma" in c) == (c["kernel"] == "rbf") for c in drawn)


def test_scipy_distributions_work_in_random_search(prior):
    distributions = to_scipy(prior)
    drawn = list(ParameterSampler(distributions, 3000, random_state=0))
    assert {c["kernel"] for c in drawn} == {"linear", "rbf"}
    assert all(float(c["degree"]).is_integer() and 1 <= c["degree"] <= 12 for c in drawn)
    logs = np.log10([c["C"] for c in drawn])
    ours = np.log10([c.hyperparameters["C"] for c in prior.sample(3000, np.random.default_rng(0))])
    assert logs.mean() == pytest.approx(ours.mean(), abs=0.1)
    assert distributions["C"].cdf(1e2) == pytest.approx(1.0)
    assert distributions["kernel"].rvs(3, random_state=1) == distributions["kernel"].rvs(
        3, random_state=1
    )


def test_a_density_that_rises_to_the_end_of_an_axis_has_a_highest_value_in_config_space():
    space = Space("svc", ConfigurationSpace({"C": Float("C", (1e-2, 1e2), log=True)}))
    points = np.linspace(0, 1, 20)[:, None]
    for slope in np.linspace(0.5, 1.5, 40):
        weights = 1 + slope * (points[:, 0] - 0.5)
        pool = Pool(points, weights / weights.sum(), ("a",))
        (c,) = to_config_space(KDEPrior(space, pool)).values()
        assert 1.0 < c.beta < 1.01 < c.alpha
        assert c.get_max_density() > 1.0
