"""Every recommender of the catalogue keeps the contract."""

import pytest

from metalearn.core.seams import Recommender
from metalearn.recommenders import CATALOGUE
from metalearn.testing.recommender import RecommenderContract

# One surrogate a task: its contract takes as long as that of all others together.
NAMES = [
    pytest.param(name, marks=pytest.mark.slow) if name == "zero-shot-surrogate" else name
    for name in CATALOGUE.names()
]


class TestCatalogue(RecommenderContract):
    @pytest.fixture(params=NAMES)
    def recommender(self, request: pytest.FixtureRequest) -> Recommender:
        return CATALOGUE.get(request.param)()
