"""Every learner of the catalogue keeps the contract."""

from typing import ClassVar

import pytest

from metalearn.learners import CATALOGUE
from metalearn.learners.algorithm import Algorithm
from metalearn.testing.learner import LearnerContract


@pytest.mark.in_turn("kind")
class TestCatalogue(LearnerContract):
    limits: ClassVar = {"quadratic": "a covariance of each class needs two rows of it"}

    @pytest.fixture(params=CATALOGUE.names())
    def algorithm(self, request: pytest.FixtureRequest) -> Algorithm:
        found = CATALOGUE.get(request.param)
        if not found.is_installed:
            pytest.skip(f"the package {found.package} is not installed")
        return found


@pytest.mark.slow
class TestManyConfigurations(TestCatalogue):
    n_sampled = 5
