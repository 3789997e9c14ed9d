"""Choices are told apart by type and value, and the user's own values come back."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn import optimizers
from metalearn.core.choices import ChoiceIndex, distinct, identity
from metalearn.core.configuration import Configuration
from metalearn.core.encoding import encode_configurations
from metalearn.core.inferred_space import inferred_space, widened_space
from metalearn.core.space import Space
from metalearn.workflows.foreign_objects import read_space

MIXED = ("sqrt", 1, 1.0, True, 0.5, None, "1", "None", False, 0, 0.0)


def _typed(values):
    return [(type(value), value) for value in values]


def test_twelve_digits_and_the_type_are_the_identity():
    # METHODS 0.2: floats at 12 significant digits, integers and floats apart.
    assert identity(1 / 3) == identity(0.333333333333) != identity(0.33333333333)
    assert len({identity(v) for v in MIXED}) == len(MIXED)
    assert _typed(distinct([1, 1.0, 1, True, 1 / 3, 0.333333333333])) == _typed(
        [1, 1.0, True, 1 / 3]
    )


def test_an_equal_value_of_another_type_is_found_where_it_is_alone():
    assert ChoiceIndex([1, 2]).position(2.0) == 1
    assert ChoiceIndex([1, 2.0, 2]).position(2) == 2
    assert ChoiceIndex([1, 2]).strictly(2.0) is None
    assert ChoiceIndex(["a"]).position((1,)) is None
    assert ChoiceIndex([1.0]).position(float("nan")) is None


def test_a_configuration_keeps_all_digits_and_its_key():
    exact, rounded = Configuration("a", {"x": 1 / 3}), Configuration("a", {"x": 0.333333333333})
    assert exact.hyperparameters["x"] == 1 / 3
    assert exact == rounded
    assert exact.canonical == '{"x":0.333333333333}'


def test_three_values_that_python_takes_for_one_are_three_choices():
    space = inferred_space("a", [{"m": value} for value in MIXED])
    again = Space.from_json("a", space.to_json())
    assert _typed(again.axes[0].choices) == _typed(space.axes[0].choices)
    assert len(space.axes[0].choices) == len(MIXED)
    for value in MIXED:
        found = space.configuration({"m": value}).hyperparameters["m"]
        assert _typed([found]) == _typed([value])
    drawn = space.sample(300, np.random.default_rng(0))
    assert len({c.key for c in drawn}) == len(MIXED)


def test_numbers_of_two_types_that_are_equal_are_choices():
    (axis,) = inferred_space("a", [{"m": value} for value in (1, 1.0, 0.5)]).axes
    assert _typed(axis.choices) == _typed((0.5, 1, 1.0))


def test_a_space_is_widened_by_type_where_both_types_occur():
    narrow = inferred_space("a", [{"m": "a"}, {"m": 1}])
    wide, _ = widened_space(narrow, [{"m": 1.0}, {"m": 1}, {"m": True}])
    assert _typed(wide.axes[0].choices) == _typed((1, "a", 1.0, True))
    same, notes = widened_space(narrow, [{"m": 1.0}])
    assert (same, notes) == (narrow, [])


def test_conditions_look_at_the_type():
    rows = [{"p": 1, "c": 0.1}, {"p": 1.0}, {"p": True, "c": 0.7}]
    space = inferred_space("a", rows)
    active = [
        "c" in space.configuration({"p": row["p"], "c": 0.5}).hyperparameters for row in rows
    ]
    assert active == [True, False, True]


def test_grids_hold_values_that_python_takes_for_one():
    grids = [{"m": [1, True], "k": [0.1, 0.2]}, {"m": [1.0]}]
    _, read = read_space(grids)
    space = Space("a", read)
    m = space.axes[space.names.index("m")]
    assert _typed(m.choices) == _typed((1, True, 1.0))
    assert "k" not in space.configuration({"m": 1.0}).hyperparameters
    assert "k" in space.configuration({"m": True}).hyperparameters


def test_encoded_configurations_differ():
    rows = [Configuration("a", {"m": value}) for value in (1, 1.0, True, None, "None", 2)]
    table = encode_configurations(rows).table
    assert len(np.unique(np.nan_to_num(table, nan=-1.0), axis=0)) == len(rows)


@pytest.mark.parametrize("name", optimizers.names())
def test_every_optimizer_searches_them(name):
    space = inferred_space("a", [{"m": v, "c": c} for v in (1, 1.0, True) for c in (0.1, 0.9)])
    optimizer = optimizers.get(name)(space, rng=np.random.default_rng(0))
    for _ in range(4):
        (trial,) = optimizer.ask()
        assert isinstance(trial.configuration.hyperparameters["c"], float)
        optimizer.tell(trial.finished(loss=0.5))
