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


def test_zeros_beside_logarithmic_values_have_a_place_on_their_axis() -> None:
    # A regularization drawn log-uniformly and sometimes switched off; also in integers.
    floats = [0.0, *(10.0**k for k in range(-6, 1))]
    space = surveyed(
        [
            {"alpha": v, "n": n}
            for v, n in zip(floats, [0, 1, 3, 10, 30, 100, 300, 1000], strict=True)
        ]
    )
    assert space is not None
    alpha, n = space.axes
    assert (alpha.log, alpha.shift, n.log, n.shift) == (False, 1e-6, False, 1.0)
    # Steps of a decade are even but for the first: log(v + 1e-6) over log 1e6.
    unit = space.encode([{"alpha": v} for v in floats])[:, 0]
    assert unit == pytest.approx([np.log1p(v / 1e-6) / np.log1p(1e6) for v in floats], abs=1e-9)
    assert alpha.decode(unit) == pytest.approx(floats, rel=1e-6)
    assert alpha.decode(unit[:1]) == [0.0]
    again = Space.from_json("a", space.to_json())
    assert again.axes == space.axes
    edges = n.cell_edges()
    assert edges is not None
    assert np.diff(edges)[0] > 50 * np.diff(edges)[500]
    drawn = space.sample(400, np.random.default_rng(0))
    small = [float(c.hyperparameters["alpha"]) < 1e-3 for c in drawn]  # type: ignore[arg-type]
    assert np.mean(small) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    "values",
    [
        [0.0, 0.25, 0.5, 0.75, 1.0],
        list(range(21)),
        [-1, 1, 10, 100, 1000],  # no log axis holds a negative number
        [0.0, 0.5],
        [float(v) for v in np.random.default_rng(0).random(50)] + [0.0],
    ],
)
def test_other_zeros_change_nothing(values: list[float]) -> None:
    space = surveyed([{"x": value} for value in values])
    assert space is not None
    assert space.axes[0].is_even


def test_values_below_the_decimals_of_config_space_stay_logarithmic() -> None:
    values = [10.0**k for k in range(-14, 1)]
    space = surveyed([{"x": value} for value in values])
    assert space is not None
    unit = space.encode([{"x": value} for value in values])[:, 0]
    assert (np.diff(unit) > 0.01).all()
    assert not space.axes[0].is_even
