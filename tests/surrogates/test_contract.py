"""Every surrogate of the catalogue keeps the contract."""

import pytest

from metalearn.surrogates import CATALOGUE, SurrogateFactory
from metalearn.testing.surrogate import SurrogateContract


@pytest.mark.in_turn("space", "warm")
class TestCatalogue(SurrogateContract):
    @pytest.fixture(params=CATALOGUE.names())
    def build(self, request: pytest.FixtureRequest) -> SurrogateFactory:
        return CATALOGUE.get(request.param)
