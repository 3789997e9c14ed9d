"""The policy as a recommender: it starts as the portfolio, and its contract in brief."""

import numpy as np
import pytest

pytest.importorskip("autograd", reason="needs the extra neural")

from metalearn.core import TargetTask
from metalearn.recommenders.learned_policy import LearnedPolicy
from metalearn.recommenders.portfolio import Portfolio
from metalearn.testing.recommender import RecommenderContract
from metalearn.testing.worlds import clusters


class TestInBrief(RecommenderContract):
    @pytest.fixture
    def recommender(self):
        return LearnedPolicy(n_steps=2)


def test_untrained_it_is_the_greedy_portfolio(rng):
    world = clusters(rng)
    ours = LearnedPolicy(n_steps=0).fit(world.meta, rng)
    theirs = Portfolio().fit(world.meta, rng).score(TargetTask())
    target = TargetTask()
    for expected in np.argsort(theirs)[:6]:
        scores = np.array(ours.score(target))
        scores[target.observed] = np.inf
        assert scores.argmin() == expected
        target = target.tell(int(expected), float(world.target_losses[0, expected]))


def test_it_is_trained_once_for_a_matrix_and_a_seed():
    meta = clusters(np.random.default_rng(1)).meta
    found = [LearnedPolicy(n_steps=1).fit(meta, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert np.array_equal(found[0].weights["cell"], found[1].weights["cell"])
    assert not np.array_equal(found[0].weights["cell"], found[2].weights["cell"])
