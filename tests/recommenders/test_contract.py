"""Every recommender of the catalogue keeps the contract."""

import pytest

from metalearn.core.seams import Recommender
from metalearn.recommenders import CATALOGUE
from metalearn.testing.recommender import RecommenderContract

# One surrogate a task, or a training by reinforcement: as long as all others together.
SLOW = ("zero-shot-surrogate", "learned-policy")
NAMES = [
    pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name
    for name in CATALOGUE.names()
]


@pytest.mark.in_turn("share")
class TestCatalogue(RecommenderContract):
    @pytest.fixture(params=NAMES)
    def recommender(self, request: pytest.FixtureRequest) -> Recommender:
        return CATALOGUE.get(request.param)()
