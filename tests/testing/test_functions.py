"""The standard functions have the minima that they say."""

import numpy as np
import pytest

from metalearn.testing.functions import FUNCTIONS, TestFunction, shifted_source


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=list(FUNCTIONS))
def test_minimum(function: TestFunction, rng: np.random.Generator) -> None:
    best = function.loss(function.space.configuration(function.best))
    assert best == pytest.approx(function.minimum, abs=1e-3)
    assert min(function.loss(c) for c in function.space.sample(2000, rng)) >= function.minimum


def test_a_shifted_source_is_low_where_the_function_is(rng: np.random.Generator) -> None:
    function = FUNCTIONS["hartmann6"]
    source = shifted_source(function, 200, rng)
    target = np.array([function.loss(c) for c in function.space.decode(source.X)])
    assert np.corrcoef(source.y, target)[0, 1] > 0.8
