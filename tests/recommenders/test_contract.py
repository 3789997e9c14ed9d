"""Every recommender of the catalogue keeps the contract."""

import pytest

from metalearn.core.seams import Recommender
from metalearn.recommenders import CATALOGUE
from metalearn.testing.recommender import RecommenderContract


class TestCatalogue(RecommenderContract):
    @pytest.fixture(params=CATALOGUE.names())
    def recommender(self, request: pytest.FixtureRequest) -> Recommender:
        return CATALOGUE.get(request.param)()
