"""Snapping is encoding what was decoded."""

import ConfigSpace as CS
import numpy as np
from ConfigSpace import EqualsCondition, InCondition

from metalearn.core.space import Space


def test_snap_is_encode_of_decode(rng):
    space = CS.ConfigurationSpace(
        {"kind": ["a", "b", "c"], "n": (1, 9), "rate": (1e-4, 1.0), "child": (0.0, 2.0)}
    )
    space.add(CS.UniformIntegerHyperparameter("depth", 1, 300, log=True))
    space.add(CS.Constant("fixed", 3))
    space.add(CS.OrdinalHyperparameter("size", ["s", "m", "l"]))
    space.add(CS.UniformIntegerHyperparameter("many", 0, 10**6))
    space.add(EqualsCondition(space["child"], space["kind"], "b"))
    space.add(InCondition(space["depth"], space["kind"], ["a", "b"]))
    wrapped = Space("some", space)
    unit = rng.random((200, wrapped.n_axes))
    unit[rng.random(unit.shape) < 0.1] = np.nan
    expected = wrapped.encode(wrapped.decode(unit))
    np.testing.assert_allclose(wrapped.snap(unit), expected, atol=1e-6)
    np.testing.assert_array_equal(np.isnan(wrapped.snap(unit)), np.isnan(expected))
