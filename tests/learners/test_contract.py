"""Every learner of the catalogue keeps the contract."""

from typing import ClassVar

import numpy as np
import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.learners import CATALOGUE
from metalearn.learners.algorithm import Algorithm
from metalearn.testing.learner import LearnerContract
from tests.automl.fitted_models import of_few_steps


class Installed(LearnerContract):
    limits: ClassVar = {"quadratic": "a covariance of each class needs two rows of it"}

    @pytest.fixture(params=CATALOGUE.names())
    def algorithm(self, request: pytest.FixtureRequest) -> Algorithm:
        found = CATALOGUE.get(request.param)
        if not found.is_installed:
            pytest.skip(f"the package {found.package} is not installed")
        return found


@pytest.mark.in_turn("kind")
class TestCatalogue(Installed):
    """The default and a random configuration, with as few trees or iterations as possible."""

    @pytest.fixture
    def configurations(self, space: Space) -> list[Configuration]:
        found = [space.default(), *space.sample(self.n_sampled, np.random.default_rng(1))]
        return [of_few_steps(space, configuration) for configuration in found]


@pytest.mark.slow
class TestManyConfigurations(Installed):
    n_sampled = 5
