"""Standard test functions over search spaces with known minima, for tests of optimizers.

Branin, Hartmann 3 and 6 (Dixon & Szego 1978), Ackley 5 on [-5, 10] (so that the minimum is not in
the middle), one with numbers, integers, categories and ordinals, and one with conditional axes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from ConfigSpace import (
    Categorical,
    ConfigurationSpace,
    EqualsCondition,
    Float,
    Integer,
)

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.space import Space

__all__ = ["FUNCTIONS", "TestFunction", "shifted_source", "space_with"]

_HARTMANN_WEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])
_HARTMANN3_A = np.array([[3.0, 10, 30], [0.1, 10, 35], [3.0, 10, 30], [0.1, 10, 35]])
_HARTMANN3_P = 1e-4 * np.array(
    [[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]
)
_HARTMANN6_A = np.array([[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14],
                         [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]])  # fmt: skip
_HARTMANN6_P = 1e-4 * np.array([[1312, 1696, 5569, 124, 8283, 5886],
                                [2329, 4135, 8307, 3736, 1004, 9991],
                                [2348, 1451, 3522, 2883, 3047, 6650],
                                [4047, 8828, 8732, 5743, 1091, 381]])  # fmt: skip


@dataclass(frozen=True)
class TestFunction:
    """A function over a space.

    Attributes:
        name: Its name.
        space: Its space.
        of: The loss of the active hyperparameters.
        minimum: The lowest loss.
        best: Hyperparameters that attain it (to 1e-3).
    """

    __test__ = False  # not a test case, in spite of its name

    name: str
    space: Space
    of: Callable[[Mapping[str, Any]], float]
    minimum: float
    best: Mapping[str, Any]

    def loss(self, configuration: Configuration) -> float:
        """Return the loss of a configuration."""
        return float(self.of(configuration.hyperparameters))


def shifted_source(
    function: TestFunction, n: int, rng: np.random.Generator, *, shift: float = 0.05
) -> History:
    """Return a related source task: the function moved by at most `shift` on each ordered axis.

    Half of the `n` points are uniform, half lie around the best of them, as after a search.
    """
    space = function.space
    ordered = np.array([axis.is_ordered and axis.kind != "category" for axis in space.axes])
    move = np.where(ordered, rng.uniform(-shift, shift, space.n_axes), 0.0)

    def evaluated(drawn: list[Configuration]) -> tuple[Floats, Floats]:
        points = space.encode(drawn)
        moved = space.decode(np.clip(points + move, 0.0, 1.0))
        return points, np.array([function.loss(c) for c in moved])

    X, y = evaluated(space.sample(n - n // 2, rng))
    near = X[np.argsort(y)[rng.integers(0, 3, n // 2)]]
    step = 0.1 * rng.standard_normal(near.shape) * ordered
    more, losses = evaluated(space.decode(np.clip(near + step, 0.0, 1.0)))
    return History(np.vstack([X, more]), np.concatenate([y, losses]), "source")


def space_with(name: str, *axes: Any) -> Space:  # ConfigSpace's hyperparameters share no base
    """Return a space of ConfigSpace's hyperparameters, without conditions."""
    config_space = ConfigurationSpace()
    config_space.add(*axes)
    return Space(name, config_space)


def _cube(name: str, n_axes: int, lower: float, upper: float) -> Space:
    return space_with(name, *(Float(f"x{j}", (lower, upper)) for j in range(1, n_axes + 1)))


def _vector(values: Mapping[str, Any]) -> Floats:
    return np.array([values[f"x{j}"] for j in range(1, len(values) + 1)])


def _branin(values: Mapping[str, Any]) -> float:
    x, y = values["x1"], values["x2"]
    curve = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return float(curve**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


def _hartmann(values: Mapping[str, Any]) -> float:
    x = _vector(values)
    a, p = (_HARTMANN3_A, _HARTMANN3_P) if len(x) == 3 else (_HARTMANN6_A, _HARTMANN6_P)
    return -float(_HARTMANN_WEIGHTS @ np.exp(-(a * (x - p) ** 2).sum(axis=1)))


def _ackley(values: Mapping[str, Any]) -> float:
    x = _vector(values)
    spread = -20 * math.exp(-0.2 * math.sqrt(float((x**2).mean())))
    return float(spread - math.exp(float(np.cos(2 * math.pi * x).mean())) + 20 + math.e)


_KERNEL_COST = {"rbf": 0.0, "poly": 0.4, "linear": 0.8, "sigmoid": 1.2}
_LEVELS = ("none", "low", "medium", "high")


def _mixed(values: Mapping[str, Any]) -> float:
    rate = math.log10(values["rate"]) + 2.5
    depth = (values["depth"] - 7) / 6
    level = _LEVELS.index(values["level"]) - 2
    ripple = 0.15 * (1 - math.cos(4 * math.pi * (values["share"] - 0.3)))
    share = 2 * (values["share"] - 0.3) ** 2
    return float(
        rate**2 + depth**2 + 0.5 * rate * depth + 0.2 * level**2 + share + ripple
        + _KERNEL_COST[values["kernel"]]
    )  # fmt: skip


def _conditional(values: Mapping[str, Any]) -> float:
    if values["model"] == "knn":
        return 0.3 + 0.1 * abs(math.log2(float(values["neighbours"]) / 8))
    if values["model"] == "forest":
        leaf = math.log2(values["leaf"]) / 4
        return 0.15 + (float(values["features"]) - 0.6) ** 2 + 0.3 * leaf
    cost = math.log10(float(values["C"])) - 1.5
    if values["kernel"] == "linear":
        return 0.25 + 0.05 * (cost + 2.0) ** 2
    width = math.log10(values["gamma"]) + 2.0
    return 0.06 * cost**2 + 0.1 * width**2 + 0.05 * cost * width


def _mixed_space() -> Space:
    return space_with(
        "mixed",
        Float("rate", (1e-5, 1.0), log=True),
        Integer("depth", (1, 20)),
        Float("share", (0.0, 1.0)),
        Categorical("kernel", list(_KERNEL_COST)),
        Categorical("level", list(_LEVELS), ordered=True),
    )


def _conditional_space() -> Space:
    model = Categorical("model", ["knn", "forest", "svm"])
    kernel = Categorical("kernel", ["linear", "rbf"])
    children: dict[str, list[Any]] = {
        "knn": [Integer("neighbours", (1, 64), log=True)],
        "forest": [
            Float("features", (0.05, 1.0)),
            Integer("leaf", (1, 20), log=True),
        ],
        "svm": [kernel, Float("C", (1e-3, 1e4), log=True)],
    }
    gamma = Float("gamma", (1e-6, 1e1), log=True)
    flat = [axis for axes in children.values() for axis in axes]
    space = space_with("conditional", model, *flat, gamma)
    space.config_space.add(
        *(EqualsCondition(a, model, name) for name, axes in children.items() for a in axes),
        EqualsCondition(gamma, kernel, "rbf"),
    )
    return Space("conditional", space.config_space)


FUNCTIONS: Mapping[str, TestFunction] = {
    function.name: function
    for function in (
        TestFunction(
            "branin",
            space_with("branin", Float("x1", (-5.0, 10.0)), Float("x2", (0.0, 15.0))),
            _branin, 0.39788736, {"x1": math.pi, "x2": 2.275},
        ),
        TestFunction(
            "hartmann3", _cube("hartmann3", 3, 0.0, 1.0), _hartmann, -3.86277979,
            {"x1": 0.114614, "x2": 0.555649, "x3": 0.852547},
        ),
        TestFunction(
            "hartmann6", _cube("hartmann6", 6, 0.0, 1.0), _hartmann, -3.32236801,
            {"x1": 0.20169, "x2": 0.150011, "x3": 0.476874, "x4": 0.275332, "x5": 0.311652,
             "x6": 0.6573},
        ),
        TestFunction(
            "ackley5", _cube("ackley5", 5, -5.0, 10.0), _ackley, 0.0,
            {f"x{j}": 0.0 for j in range(1, 6)},
        ),
        TestFunction(
            "mixed", _mixed_space(), _mixed, 0.0,
            {"rate": 10**-2.5, "depth": 7, "share": 0.3, "kernel": "rbf", "level": "medium"},
        ),
        TestFunction(
            "conditional", _conditional_space(), _conditional, 0.0,
            {"model": "svm", "kernel": "rbf", "C": 10**1.5, "gamma": 1e-2},
        ),
    )
}  # fmt: skip
