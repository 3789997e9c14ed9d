"""Functions of the unit cube whose shares of variance are known exactly.

Each is a sum or product of functions of one axis, so the variance of every main effect follows
from integrals over one axis; the derivation stands beside each function. Names end in the number
of axes; axes that a function does not look at have the share 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ConfigSpace
import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.space import Space

__all__ = ["CHOOSE", "REPORT", "Analytic", "space_of"]

LEAST = 1e-6  # of log functions: they see 1e-6 to 1


@dataclass(frozen=True)
class Analytic:
    """A function and its shares.

    Attributes:
        name: Its name.
        f: `(n, n_axes)` points of the unit cube to `(n,)` losses.
        shares: Share of variance of each axis alone, under the uniform measure.
        branch: Whether axis 1 is active only in the lower half of axis 0, a category of two.
    """

    name: str
    f: Callable[[Floats], Floats]
    shares: tuple[float, ...]
    branch: bool = False


def space_of(function: Analytic) -> Space:
    """Return the space of a function: floats from 0 to 1; a category where it has a branch."""
    space = ConfigSpace.ConfigurationSpace()
    axes = [ConfigSpace.UniformFloatHyperparameter(f"x{j:02d}", 0.0, 1.0)
            for j in range(len(function.shares))]  # fmt: skip
    if function.branch:
        kind = ConfigSpace.CategoricalHyperparameter("x00", ["p", "q"])
        space.add(kind, *axes[1:])
        space.add(ConfigSpace.EqualsCondition(axes[1], kind, "p"))
    else:
        space.add(*axes)
    return Space("function", space)


def _padded(values: Sequence[float], n_axes: int) -> tuple[float, ...]:
    return tuple(float(v) for v in values) + (0.0,) * (n_axes - len(values))


def _additive(weights: Sequence[float], n_axes: int) -> Analytic:
    """Sum of w_j u_j: Var(w u) = w^2 / 12."""
    w = np.array(weights, dtype=np.float64)
    shares = _padded(w**2 / (w**2).sum(), n_axes)
    return Analytic(f"additive_{n_axes}", lambda U: U[:, : len(w)] @ w, shares)


def _log(weight: float, n_axes: int) -> Analytic:
    """-log10(v) + w b with v = 1e-6 .. 1: over v, E = 1/ln 10, Var = 1/ln(10)^2, nearly.

    Exactly, with t = ln v over [e, 1]: E t = (e - 1 - e ln e) / (1 - e) and
    E t^2 = (2 - 2e + 2e ln e - e (ln e)^2) / (1 - e).
    """
    e, log_e = LEAST, np.log(LEAST)
    mean = (e - 1 - e * log_e) / (1 - e)
    square = (2 - 2 * e + 2 * e * log_e - e * log_e**2) / (1 - e)
    first, second = (square - mean**2) / np.log(10.0) ** 2, weight**2 / 12
    shares = _padded([first / (first + second), second / (first + second)], n_axes)

    def f(U: Floats) -> Floats:
        return np.asarray(-np.log10(LEAST + (1 - LEAST) * U[:, 0]) + weight * U[:, 1])

    return Analytic(f"log{'_and_line' if weight else ''}_{n_axes}", f, shares)


def _product(n_axes: int) -> Analytic:
    """Product of two axes: Var = 7/144; each main effect is u/2, 1/48."""
    return Analytic(
        f"product_{n_axes}", lambda U: U[:, 0] * U[:, 1], _padded([3 / 7, 3 / 7], n_axes)
    )


def _g(a: Sequence[float], n_axes: int) -> Analytic:
    """Sobol's g: product of (|4u - 2| + a_j) / (1 + a_j); V_j = 1 / (3 (1 + a_j)^2)."""
    b = np.array(a, dtype=np.float64)
    v = 1.0 / (3.0 * (1.0 + b) ** 2)
    shares = _padded(v / ((1.0 + v).prod() - 1.0), n_axes)

    def f(U: Floats) -> Floats:
        return np.asarray(((np.abs(4 * U[:, : len(b)] - 2) + b) / (1 + b)).prod(axis=1))

    return Analytic(f"g_{n_axes}", f, shares)


def _steps(heights: Sequence[float], edges: Sequence[float], n_axes: int) -> Analytic:
    """Sum of h_j 1[u_j > c_j]: Var = h^2 c (1 - c)."""
    h, c = np.array(heights), np.array(edges)
    v = h**2 * c * (1 - c)
    return Analytic(f"steps_{n_axes}", lambda U: (U[:, : len(h)] > c) @ h,
                    _padded(v / v.sum(), n_axes))  # fmt: skip


def _corner(n_axes: int) -> Analytic:
    """1[u_1 > 1/2] 1[u_2 > 1/2]: Var = 3/16; main effects are 0 or 1/2, so 1/16 each."""
    return Analytic(f"corner_{n_axes}", lambda U: 1.0 * ((U[:, 0] > 0.5) & (U[:, 1] > 0.5)),
                    _padded([1 / 3, 1 / 3], n_axes))  # fmt: skip


def _ishigami(n_axes: int) -> Analytic:
    """Sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1 on [-pi, pi]^3 (Ishigami & Homma 1990)."""
    v1 = 0.5 * (1 + 0.1 * np.pi**4 / 5) ** 2
    v2, v13 = 49 / 8, 0.01 * np.pi**8 * (1 / 18 - 1 / 50)

    def f(U: Floats) -> Floats:
        x = (2 * U - 1) * np.pi
        return np.asarray(np.sin(x[:, 0]) * (1 + 0.1 * x[:, 2] ** 4) + 7 * np.sin(x[:, 1]) ** 2)

    total = v1 + v2 + v13
    return Analytic(f"ishigami_{n_axes}", f, _padded([v1 / total, v2 / total], n_axes))


def _valleys(weights: Sequence[float], n_axes: int) -> Analytic:
    """Sum of w_j (u_j - 0.3)^2: with t = u - 0.3, Var(t^2) = E t^4 - (E t^2)^2."""
    w = np.array(weights, dtype=np.float64)
    return Analytic(f"valleys_{n_axes}", lambda U: (U[:, : len(w)] - 0.3) ** 2 @ w,
                    _padded(w**2 / (w**2).sum(), n_axes))  # fmt: skip


def _branch(low: float, n_axes: int) -> Analytic:
    """2 c in branch p, `low` in branch q, plus u: with m = (1 - low) / 2, V_kind = m^2.

    The effect of c is averaged over the branches: Var(c) = 1/12; the pair adds as much.
    """
    kind, child, other = ((1 - low) / 2) ** 2, 1 / 12, 1 / 12
    total = kind + child + 1 / 12 + other

    def f(U: Floats) -> Floats:
        return np.where(U[:, 0] < 0.5, 2 * np.nan_to_num(U[:, 1]), low) + U[:, 2]

    shares = _padded(np.array([kind, child, other]) / total, n_axes)
    return Analytic(f"branch_{n_axes}", f, shares, branch=True)


CHOOSE = (
    _additive([1, 2], 2), _log(0.0, 2), _product(3), _g([0, 0.5, 1, 3, 9, 99], 6),
    _steps([1, 0.5], [0.7, 0.4], 4), _branch(1.0, 3), _additive([1, 2, 3], 12),
)  # fmt: skip
"""Functions on which defaults are chosen."""

REPORT = (
    _log(0.0, 3), _log(1.0, 4), _ishigami(3), _additive([1, 2, 3, 4, 5, 6], 6), _corner(2),
    _g([0, 1, 2, 4, 8], 10), _valleys([2, 1], 2), _steps([1, 1, 2], [0.5, 0.9, 0.2], 5),
    _valleys([3, 2, 1], 12), _branch(0.4, 4),
)  # fmt: skip
"""Other functions, on which what was chosen is reported."""
