"""The joint space: each algorithm's own configurations and keys, and ConfigSpace's activity."""

from __future__ import annotations

import ConfigSpace
import numpy as np
import pytest

from metalearn.core.choices import of_config_space, to_config_space_values
from metalearn.core.configuration import Configuration
from metalearn.core.joint_space import ROOT, JointSpace, dimension
from metalearn.core.space import Space
from metalearn.errors import InputError


def _first() -> Space:
    """Axes with nested conditions, a conjunction, equal choices and a forbidden clause."""
    mode = ConfigSpace.CategoricalHyperparameter("mode", ["a", "b", "c"])
    size = ConfigSpace.Integer("size", (1, 100), log=True)
    depth = ConfigSpace.Integer("depth", (1, 4))
    fine = ConfigSpace.Float("fine", (0.0, 1.0))
    made = ConfigSpace.ConfigurationSpace()
    made.add(mode, size, depth, fine)
    made.add(
        ConfigSpace.InCondition(depth, mode, ["b", "c"]),
        ConfigSpace.AndConjunction(
            ConfigSpace.GreaterThanCondition(fine, size, 10),
            ConfigSpace.EqualsCondition(fine, mode, "a"),
        ),
        ConfigSpace.ForbiddenAndConjunction(
            ConfigSpace.ForbiddenEqualsClause(mode, "c"),
            ConfigSpace.ForbiddenEqualsClause(depth, 4),
        ),
    )
    return Space("first", made)


def _second() -> Space:
    made = ConfigSpace.ConfigurationSpace()
    made.add(ConfigSpace.Float("C", (1e-3, 1e3), log=True))
    return Space("second", made)


@pytest.fixture(scope="module")
def joint() -> JointSpace:
    return JointSpace("both", [_first(), _second()])


def test_a_point_is_a_configuration_of_its_algorithm(joint: JointSpace) -> None:
    drawn = joint.sample(200, np.random.default_rng(0))
    assert {c.algorithm for c in drawn} == {"first", "second"}
    for configuration in drawn:
        own = {"first": _first, "second": _second}[configuration.algorithm]()
        assert own.configuration(configuration.hyperparameters).key == configuration.key
    assert joint.decode(joint.encode(drawn)) == drawn


def test_values_by_joint_names_come_back(joint: JointSpace) -> None:
    configuration = Configuration("second", {"C": 2.5})
    values = joint.values_of(configuration)
    assert values == {"algorithm": "second", "second:C": 2.5}
    assert joint.configuration(values) == configuration
    np.testing.assert_array_equal(joint.encode([values]), joint.encode([configuration]))
    ignored = {**values, "first:size": 3}  # libraries without conditions name every axis
    assert joint.configuration(ignored) == configuration


def test_activity_and_snapping_are_those_of_the_config_space(joint: JointSpace) -> None:
    plain = Space("both", joint.config_space)  # evaluates every condition itself
    unit = np.random.default_rng(1).random((500, joint.n_axes))
    unit[np.random.default_rng(2).random(unit.shape) < 0.1] = np.nan
    np.testing.assert_array_equal(joint.active(unit), plain.active(unit))
    np.testing.assert_allclose(joint.snap(unit), plain.snap(unit), atol=1e-12)
    np.testing.assert_allclose(joint.snap(unit), joint.encode(joint.decode(unit)), atol=1e-9)


def test_config_space_accepts_our_configurations_and_we_its_own(joint: JointSpace) -> None:
    for configuration in joint.sample(50, np.random.default_rng(3)):
        values = to_config_space_values(joint.config_space, joint.values_of(configuration))
        ConfigSpace.Configuration(joint.config_space, values=values)
    for drawn in joint.config_space.sample_configuration(50):
        found = joint.configuration(of_config_space(joint.config_space, dict(drawn)))
        assert found.algorithm == drawn[ROOT]
        assert joint.is_allowed(found)


def test_the_forbidden_clauses_are_those_of_the_parts(joint: JointSpace) -> None:
    forbidden = Configuration("first", {"mode": "c", "size": 3, "depth": 4})
    assert not joint.is_allowed(forbidden)
    assert joint.is_allowed(Configuration("first", {"mode": "b", "size": 3, "depth": 4}))
    assert joint.allowed(joint.encode([forbidden])).tolist() == [False]


def test_the_parts_are_not_changed(joint: JointSpace) -> None:
    part = _first()
    before = part.to_json()
    JointSpace("both", [part, _second()])
    assert part.to_json() == before
    assert joint.part_of("first").names == _first().names


def test_the_default_is_that_of_the_first_algorithm(joint: JointSpace) -> None:
    assert joint.default() == _first().default()
    assert joint.decode(np.full((1, joint.n_axes), np.nan)) == [_first().default()]


def test_lifted_points_are_those_of_the_part(joint: JointSpace) -> None:
    own = _second().encode([{"C": 1.0}, {"C": 10.0}])
    lifted = joint.lifted("second", own)
    assert [c.algorithm for c in joint.decode(lifted)] == ["second", "second"]
    np.testing.assert_array_equal(lifted[:, joint.columns_of("second")], own)
    assert np.isnan(lifted[:, joint.columns_of("first")]).all()


def test_the_dimension_is_that_of_the_largest_algorithm(joint: JointSpace) -> None:
    assert dimension(joint) == 5  # the root, and four axes of the first
    assert dimension(_first()) == 4


def test_unknown_algorithms_are_refused(joint: JointSpace) -> None:
    with pytest.raises(InputError, match="no algorithm 'third'; it has first, second"):
        joint.encode([Configuration("third", {})])
    with pytest.raises(InputError, match="different algorithms"):
        JointSpace("twice", [_first(), _first()])
    with pytest.raises(InputError, match="different algorithms"):
        JointSpace("none", [])
