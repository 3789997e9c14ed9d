"""Every optimizer of the catalogue keeps the contract."""

import pytest

from metalearn.optimizers import CATALOGUE, OptimizerFactory
from metalearn.testing.optimizer import OptimizerContract


class TestCatalogue(OptimizerContract):
    @pytest.fixture(params=CATALOGUE.names())
    def build(self, request: pytest.FixtureRequest) -> OptimizerFactory:
        return CATALOGUE.get(request.param)
