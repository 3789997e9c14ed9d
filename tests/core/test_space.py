"""Spaces: round trips with conditions and clauses, and the measure of the unit cube."""

from __future__ import annotations

import ConfigSpace as cs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.errors import InputError


def rich() -> Space:
    """Every kind of axis and condition: a child of a child, conjunctions, a forbidden clause."""
    space = cs.ConfigurationSpace()
    kind = cs.CategoricalHyperparameter("kind", ["tree", "linear", "net"])
    width = cs.UniformIntegerHyperparameter("width", 1, 1000, default_value=10, log=True)
    depth = cs.UniformIntegerHyperparameter("depth", -2, 5, default_value=0)
    rate = cs.UniformFloatHyperparameter("rate", 1e-6, 10.0, default_value=0.1, log=True)
    shift = cs.UniformFloatHyperparameter("shift", -1.0, 1.0, default_value=0.0)
    size = cs.OrdinalHyperparameter("size", ["s", "m", "l"], default_value="m")
    flag = cs.CategoricalHyperparameter("flag", [True, False])
    fixed = cs.Constant("fixed", "yes")
    both = cs.UniformFloatHyperparameter("both", 0.0, 1.0, default_value=0.5)
    either = cs.UniformFloatHyperparameter("either", 0.0, 1.0, default_value=0.5)
    space.add(kind, width, depth, rate, shift, size, flag, fixed, both, either)
    space.add(
        cs.InCondition(width, kind, ["tree", "net"]),
        cs.EqualsCondition(rate, kind, "net"),
        cs.GreaterThanCondition(shift, rate, 0.01),
        cs.AndConjunction(
            cs.EqualsCondition(both, kind, "tree"), cs.EqualsCondition(both, flag, True)
        ),
        cs.OrConjunction(
            cs.LessThanCondition(either, depth, 0), cs.EqualsCondition(either, size, "l")
        ),
        cs.ForbiddenAndConjunction(
            cs.ForbiddenEqualsClause(kind, "linear"), cs.ForbiddenEqualsClause(size, "s")
        ),
    )
    return Space("rich", space)


SPACE = rich()
units = arrays(np.float64, (7, SPACE.n_axes), elements=st.floats(0.0, 1.0))


@given(units)
def test_configurations_survive_the_way_there_and_back(unit):
    configurations = SPACE.decode(unit)
    assert SPACE.decode(SPACE.encode(configurations)) == configurations


@given(units)
def test_encoding_marks_exactly_the_active_axes(unit):
    encoded = SPACE.encode(SPACE.decode(unit))
    np.testing.assert_array_equal(~np.isnan(encoded), SPACE.active(unit))
    np.testing.assert_array_equal(SPACE.active(encoded), SPACE.active(unit))
    assert np.nanmin(encoded) >= 0.0
    assert np.nanmax(encoded) <= 1.0


@given(units)
def test_floats_keep_their_place(unit):
    encoded = SPACE.encode(SPACE.decode(unit))
    floats = [j for j, axis in enumerate(SPACE.axes) if axis.kind == "float"]
    given_ = ~np.isnan(encoded[:, floats])
    np.testing.assert_allclose(
        encoded[:, floats][given_], unit[:, floats][given_], rtol=1e-9, atol=1e-9
    )


@given(units)
def test_conditions_agree_with_configspace(unit):
    """ConfigSpace itself decides which hyperparameters are active."""
    for configuration in SPACE.decode(unit):
        values = dict(configuration.hyperparameters)
        if not SPACE.is_allowed(configuration):
            with pytest.raises(cs.exceptions.ForbiddenValueError):
                cs.Configuration(SPACE.config_space, values=values).check_valid_configuration()
            continue
        theirs = cs.Configuration(SPACE.config_space, values=values)
        theirs.check_valid_configuration()
        assert set(theirs.keys()) == set(values)


def test_json_keeps_everything():
    again = Space.from_json("rich", SPACE.to_json())
    assert again.axes == SPACE.axes
    unit = np.random.default_rng(0).random((200, SPACE.n_axes))
    assert again.decode(unit) == SPACE.decode(unit)
    assert again.to_json() == SPACE.to_json()


def test_default_is_configspaces():
    theirs = dict(SPACE.config_space.get_default_configuration())
    assert SPACE.default() == Configuration("rich", theirs)
    middle = np.full((1, SPACE.n_axes), np.nan)
    assert SPACE.decode(middle) == [SPACE.default()]


def axis(name: str):
    return SPACE.axes[SPACE.names.index(name)]


@pytest.mark.parametrize("name", ["depth", "size", "kind", "flag", "fixed"])
def test_cells_of_whole_numbers_and_categories_are_equal(name):
    """The uniform measure on [0, 1] is the uniform measure on the values (METHODS 0.2)."""
    chosen = axis(name)
    grid = (np.arange(100 * chosen.n_cells) + 0.5) / (100 * chosen.n_cells)
    values = chosen.decode(grid)
    assert [values.count(value) for value in dict.fromkeys(values)] == [100] * chosen.n_cells


def test_cells_of_a_log_integer_reach_half_a_step_out():
    """Derived from METHODS 0.2: the cell of v is ln(v -+ 1/2), scaled from 1/2 to 1000 1/2."""
    width = axis("width")
    total = np.log(1000.5 / 0.5)
    for value in (1, 2, 37, 999, 1000):
        low = np.log((value - 0.5) / 0.5) / total
        high = np.log((value + 0.5) / 0.5) / total
        inside = np.array([low + 1e-9, (low + high) / 2, high - 1e-9])
        assert width.decode(np.clip(inside, 0.0, 1.0)) == [value] * 3
        assert low < width.encode([value])[0] < high


def test_integers_lie_in_the_middle_of_their_cell():
    """METHODS 0.2: u = (v - lo + 1/2) / (hi - lo + 1)."""
    depth = axis("depth")
    np.testing.assert_allclose(depth.encode(list(range(-2, 6))), (np.arange(8) + 0.5) / 8)


def test_log_floats():
    """METHODS 0.2: u = (ln v - ln lo) / (ln hi - ln lo); half way is the geometric mean."""
    rate = axis("rate")
    np.testing.assert_allclose(rate.decode(np.array([0.5]))[0], np.sqrt(1e-6 * 10.0))
    np.testing.assert_allclose(rate.decode(np.array([0.0, 1.0])), [1e-6, 10.0], rtol=1e-12)


@pytest.mark.parametrize("name", SPACE.names)
def test_ends_stay_inside(name):
    chosen = axis(name)
    for unit in (-0.1, 0.0, 1.0, 1.1, np.nextafter(1.0, 0.0)):
        (value,) = chosen.decode(np.array([unit]))
        assert 0.0 <= chosen.encode([value])[0] <= 1.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("depth", 6),
        ("rate", 0.0),
        ("rate", 11.0),
        ("rate", float("nan")),
        ("kind", "forest"),
        ("fixed", "no"),
    ],
)
def test_values_outside_are_refused(name, value):
    with pytest.raises(InputError, match=name):
        SPACE.encode([{name: value}])


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match=r"has no axis \['speed'\]; it has"):
        SPACE.encode([{"speed": 1}])


def test_nothing_to_encode_or_decode():
    assert SPACE.encode([]).shape == (0, SPACE.n_axes)
    assert SPACE.decode(np.empty((0, SPACE.n_axes))) == []
    assert SPACE.sample(0, np.random.default_rng(0)) == []


def test_values_are_typed_by_their_axes():
    typed = SPACE.configuration({"kind": "tree", "width": 7.0, "depth": np.int64(1), "noise": 3})
    assert typed.hyperparameters["width"] == 7
    assert isinstance(typed.hyperparameters["width"], int)
    assert "noise" not in typed.hyperparameters


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1))
def test_samples_are_allowed_and_follow_the_seed(seed):
    drawn = SPACE.sample(50, np.random.default_rng(seed))
    assert drawn == SPACE.sample(50, np.random.default_rng(seed))
    assert all(SPACE.is_allowed(configuration) for configuration in drawn)
    assert len(drawn) == 50


def test_samples_are_uniform_on_each_axis():
    """Chi-square over ten cells of a free axis: 99.9 % quantile with nine degrees is 27.9."""
    drawn = SPACE.encode(SPACE.sample(4000, np.random.default_rng(0)))
    counts = np.histogram(drawn[:, SPACE.names.index("depth")], bins=8, range=(0, 1))[0]
    assert ((counts - 500.0) ** 2 / 500.0).sum() < 24.3  # seven degrees of freedom


def test_a_space_with_nothing_allowed():
    space = cs.ConfigurationSpace()
    only = cs.CategoricalHyperparameter("only", ["a", "b"])
    space.add(only)
    space.add(cs.ForbiddenEqualsClause(only, "b"))
    assert {str(c) for c in Space("s", space).sample(20, np.random.default_rng(0))} == {
        "s(only='a')"
    }
