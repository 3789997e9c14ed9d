"""Finite spaces enumerated, and nearness in mixed spaces."""

import numpy as np
from ConfigSpace import Categorical, ConfigurationSpace, EqualsCondition, Float, Integer

from metalearn.core.joint_space import JointSpace
from metalearn.core.space import Space
from metalearn.optimizers.finite import all_configurations, distances


def test_conditions_collapse_the_grid() -> None:
    model, depth = Categorical("model", ["a", "b"]), Integer("depth", (1, 900), log=True)
    config_space = ConfigurationSpace()
    config_space.add(model, depth)
    config_space.add(EqualsCondition(depth, model, "b"))
    found = all_configurations(Space("test", config_space))
    assert found is not None
    assert len(found) == len(set(found)) == 901


def test_continuous_or_vast_spaces_are_not_enumerated() -> None:
    for axis in (Float("x", (0, 1)), Integer("k", (1, 10**6))):
        config_space = ConfigurationSpace()
        config_space.add(axis)
        assert all_configurations(Space("test", config_space)) is None


def test_distances_by_hand() -> None:
    config_space = ConfigurationSpace()
    config_space.add(Float("x", (0, 1)), Categorical("c", list("abc")))
    space = Space("test", config_space)
    x, c = space.names.index("x"), space.names.index("c")
    X = np.empty((3, 2))
    X[:, x], X[:, c] = [0.5, 0.5, np.nan], [1 / 6, 5 / 6, 1 / 6]
    point = np.empty(2)
    point[x], point[c] = 0.1, 1 / 6
    np.testing.assert_allclose(
        distances(space, X, point), np.sqrt([0.16 / 2, (0.16 + 1) / 2, 1 / 2])
    )


def test_a_joint_space_is_enumerated_algorithm_by_algorithm() -> None:
    parts = []
    for name, size in (("first", 900), ("second", 3)):
        config_space = ConfigurationSpace()
        config_space.add(Integer("depth", (1, size)), Categorical("c", ["a", "b"]))
        parts.append(Space(name, config_space))
    found = all_configurations(JointSpace("joint", parts))
    assert found is not None
    assert [c.algorithm for c in found] == ["first"] * 1800 + ["second"] * 6
    assert len(set(found)) == 1806
    assert all_configurations(JointSpace("joint", parts), most=1805) is None
