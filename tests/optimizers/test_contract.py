"""Every optimizer of the catalogue keeps the contract.

All run it in brief, and wholly among the slow tests.
"""

from functools import partial

import pytest

from metalearn.core.space import Space
from metalearn.optimizers import CATALOGUE, OptimizerFactory
from metalearn.optimizers.candidates import CandidateSearch
from metalearn.optimizers.model_based import ModelBased
from metalearn.testing.optimizer import SPACES, OptimizerContract


def fits_a_model(name: str) -> bool:
    factory = CATALOGUE.get(name)
    return isinstance(factory, type) and issubclass(factory, ModelBased)


LIGHT = [name for name in CATALOGUE.names() if not fits_a_model(name)]
HEAVY = [name for name in CATALOGUE.names() if fits_a_model(name)]


class Light(OptimizerContract):
    @pytest.fixture(params=LIGHT)
    def build(self, request: pytest.FixtureRequest) -> OptimizerFactory:
        return CATALOGUE.get(request.param)


@pytest.mark.in_turn("space")
class TestInBrief(Light):
    n_trials = 24


@pytest.mark.slow
class TestWholly(Light):
    """Forty trials in every space."""


class TestModelBasedInBrief(OptimizerContract):
    """Four trials, each the best of some hundred candidates and a few steps."""

    n_trials = 4

    @pytest.fixture(params=HEAVY)
    def build(self, request: pytest.FixtureRequest) -> OptimizerFactory:
        factory = CATALOGUE.get(request.param)
        assert isinstance(factory, type)
        assert issubclass(factory, ModelBased)
        search = CandidateSearch(log2_sobol=7, n_near=64, n_best=2, n_rounds=5)
        return partial(factory, search=search)

    @pytest.fixture
    def space(self) -> Space:
        return SPACES["conditional"]()


@pytest.mark.slow
class TestModelBased(OptimizerContract):
    n_trials = 16

    @pytest.fixture(params=HEAVY)
    def build(self, request: pytest.FixtureRequest) -> OptimizerFactory:
        return CATALOGUE.get(request.param)
