"""Spaces from what was evaluated: types, log axes, conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from metalearn.core.configuration import Configuration, Value
from metalearn.core.space import Space
from metalearn.harvesters.spaces import SpaceSurvey


def surveyed(rows: Sequence[Mapping[str, Value]]) -> Space | None:
    survey = SpaceSurvey("a")
    for row in rows:
        survey.add(Configuration("a", row).hyperparameters)
    text = survey.to_json()
    return None if text is None else Space.from_json("a", text)


def test_axes_span_the_values_seen_and_know_their_scale() -> None:
    rng = np.random.default_rng(0)
    rows = [
        {
            "uniform": float(rng.uniform(0.01, 1)),
            "loguniform": float(10 ** rng.uniform(-5, 2)),
            "power": 2 ** int(rng.integers(0, 10)),
            "count": int(rng.integers(1, 21)),
            "word": ("gini", "entropy")[int(rng.integers(2))],
            "flag": bool(rng.integers(2)),
            "maybe": (None, 3)[int(rng.integers(2))],
            "constant": 100,
        }
        for _ in range(300)
    ]
    space = surveyed(rows)
    assert space is not None
    axes = {axis.name: axis for axis in space.axes}
    logs = {name for name, axis in axes.items() if axis.log}
    assert logs == {"loguniform", "power"}
    assert axes["count"].kind == axes["power"].kind == "integer"
    assert (axes["count"].lower, axes["count"].upper) == (1, 20)
    assert set(axes["word"].choices) == {"gini", "entropy"}
    assert set(axes["flag"].choices) == {True, False}
    assert set(axes["maybe"].choices) == {None, 3}
    assert axes["constant"].choices == (100,)
    unit = space.encode([Configuration("a", row) for row in rows])
    assert ((unit >= 0) & (unit <= 1)).all()


def test_what_is_given_for_some_values_of_another_is_conditional_on_it() -> None:
    space = surveyed(
        [{"kernel": "rbf", "gamma": 0.1, "C": 1.0}, {"kernel": "rbf", "gamma": 1.0, "C": 2.0},
         {"kernel": "poly", "degree": 2, "C": 1.0}, {"kernel": "poly", "degree": 3, "C": 4.0},
         {"kernel": "linear", "C": 1.0}]
    )  # fmt: skip
    assert space is not None
    drawn = space.sample(50, np.random.default_rng(0))
    for configuration in drawn:
        given = set(configuration.hyperparameters)
        extra = {"rbf": {"gamma"}, "poly": {"degree"}, "linear": set()}
        assert given == {"kernel", "C"} | extra[str(configuration.hyperparameters["kernel"])]


def test_counts_and_shares_of_one_name_are_categories() -> None:
    space = surveyed([{"min_samples_split": 2}, {"min_samples_split": 0.1}])
    assert space is not None
    assert space.axes[0].kind == "category"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{}],
        [{"text": f"t{i}"} for i in range(1000)],
    ],
)
def test_nothing_to_vary_or_too_much_is_no_space(rows: list[dict[str, Value]]) -> None:
    assert surveyed(rows) is None


@pytest.mark.parametrize("values", [(10**30, 1), (-(10**400), 3), (1e308, -1e308), (0.0, 1e-320)])
def test_extreme_numbers_do_not_break_it(values: tuple[Value, Value]) -> None:
    space = surveyed([{"x": value} for value in values])
    assert space is not None
    assert space.encode([{"x": value} for value in values]).shape == (2, 1)


@pytest.mark.parametrize("lower", [0.0009118819655545162, 1.23456789e-7, 0.3, 4.9e-10])
def test_every_value_seen_lies_inside_its_axis(lower: float) -> None:
    values = [lower * 1.7**i for i in range(20)]
    space = surveyed([{"x": value} for value in values])
    assert space is not None
    unit = space.encode([{"x": value} for value in values])
    assert ((unit >= 0) & (unit <= 1)).all()
