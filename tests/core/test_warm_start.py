"""Warm starts: what they check once, so that no optimizer need to."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.warm_start import WarmStart
from metalearn.errors import InputError, ShapeError
from metalearn.learners import get

SPACE = get("svc").space("classification")
SOURCES = tuple(
    History(np.full((2, SPACE.n_axes), 0.5), np.array([0.1, 0.2]), name) for name in "abc"
)


def test_weights_are_equal_unless_given():
    np.testing.assert_allclose(WarmStart(SPACE, sources=SOURCES).weights, 1 / 3)
    given = WarmStart(SPACE, sources=SOURCES, weights=np.array([0.5, 0.5, 0.0]))
    assert not given.weights.flags.writeable
    assert WarmStart(SPACE).weights.shape == (0,)


@pytest.mark.parametrize("weights", [[0.5, 0.5, 0.5], [1.5, -0.5, 0.0]])
def test_weights_are_a_distribution(weights):
    with pytest.raises(InputError, match="non-negative with sum 1"):
        WarmStart(SPACE, sources=SOURCES, weights=np.array(weights))


def test_shapes_must_fit():
    with pytest.raises(ShapeError):
        WarmStart(SPACE, sources=SOURCES, weights=np.array([1.0]))
    with pytest.raises(ShapeError, match=r"has 2 axes, the space 6"):
        WarmStart(SPACE, sources=(History(np.ones((1, 2)), np.ones(1), "a"),))


def test_initial_may_be_a_warm_start_a_list_or_nothing():
    warm = WarmStart(SPACE, sources=SOURCES)
    assert WarmStart.of(warm, SPACE) is warm
    assert WarmStart.of([SPACE.default()], SPACE).configurations == (SPACE.default(),)
    assert WarmStart.of(None, SPACE).configurations == ()


def test_an_initial_configuration_outside_the_space_is_refused():
    with pytest.raises(InputError, match="C"):
        WarmStart.of([Configuration("svc", {"C": 1e9})], SPACE)
