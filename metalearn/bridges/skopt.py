"""scikit-optimize: an `Optimizer` whose first suggestions are the initial design.

`gp_minimize` and its like take the initial design as `x0`, known results as `x0` and `y0`
together; `minimize_arguments` returns these. The optimizer here takes both.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from copy import copy
from typing import Any, cast

import ConfigSpace
import numpy as np

from metalearn.bridges import axes
from metalearn.bridges.bridge import Bridge, loaded, pending
from metalearn.bridges.direction import single
from metalearn.bridges.domains import complete
from metalearn.core.configuration import Configuration
from metalearn.core.space import Axis
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import InputError, UsageError

__all__ = ["BRIDGE", "dimensions", "minimize_arguments", "to_skopt", "trials"]

_PER_SECOND = ("EIps", "PIps")  # `tell` takes pairs: loss, seconds


def to_skopt(warm: WarmStart, **options: Any) -> Any:
    """Return an optimizer: `x = optimizer.ask(); optimizer.tell(x, loss)`.

    Args:
        warm: The warm start.
        **options: Of `skopt.Optimizer`; `n_initial_points` counts random points after the initial
            design and is 0 unless the design has fewer than three.
    """
    skopt = loaded("skopt", "skopt")

    class WarmOptimizer(skopt.Optimizer):  # type: ignore[misc, name-defined]  # untyped
        """`skopt.Optimizer` with a list of points that `ask` returns first."""

        waiting: list[list[Any]]
        remembers = False

        def ask(self, n_points: int | None = None, strategy: str = "cl_min") -> Any:
            if n_points is None:
                return self.waiting.pop(0) if self.waiting else super().ask()
            taken = [self.waiting.pop(0) for _ in range(min(n_points, len(self.waiting)))]
            rest = n_points - len(taken)
            return taken + (super().ask(rest, strategy) if rest else [])

        def tell(self, x: Any, y: Any, fit: bool = True) -> Any:
            result = super().tell(x, y, fit)
            if self.remembers:
                many = isinstance(x[0], list | np.ndarray)  # y alone may be a pair
                warm.tell(_trials(warm, x if many else [x], y if many else [y],
                                  timed=self.acq_func in _PER_SECOND))  # fmt: skip
            return result

    points = [_point(warm, c) for c in warm.configurations]
    results = warm.known_results
    random = 0 if len(points) + len(results) >= 3 else 3
    chosen = {"n_initial_points": max(random, len(results), 1), **options}
    made = WarmOptimizer(dimensions(warm), **chosen)
    made.waiting = points
    if results:
        losses = _losses(results, made.acq_func)
        made.tell([_point(warm, t.configuration) for t in results], losses)
    made.remembers = warm.memory is not None  # from here on
    return made


def _losses(results: Sequence[Trial], acq_func: str) -> list[Any]:
    """Return what `tell` takes: losses, or pairs of loss and seconds.

    Raises:
        UsageError: If seconds are needed and one is unknown.
    """
    if acq_func not in _PER_SECOND:
        return [trial.loss for trial in results]
    losses = [(trial.loss, trial.runtime_s) for trial in results]
    if not np.isfinite(losses).all():
        raise UsageError(
            f"acq_func={acq_func!r} needs the seconds of every observation; leave "
            "observed= out, or take another acquisition function"
        )
    return losses


def minimize_arguments(warm: WarmStart) -> dict[str, Any]:
    """Return `dimensions` and `x0`, or `x0` with `y0` if there are results: for `gp_minimize`."""
    results = warm.known_results
    if results:
        points = [_point(warm, t.configuration) for t in results]
        return {"dimensions": dimensions(warm), "x0": points, "y0": [t.loss for t in results]}
    return {"dimensions": dimensions(warm), "x0": [_point(warm, c) for c in warm.configurations]}


def dimensions(warm: WarmStart) -> list[Any]:
    """Return the user's own dimensions, or those of our space; conditions are lost."""
    space = loaded("skopt", "skopt", "skopt.space")
    if warm.mapping is not None and warm.mapping.library == "skopt":
        return [_named(space, n, d) for n, d in _pairs(warm.mapping.original)]
    return [_dimension(space, axis) for axis in warm.space.axes]


def trials(warm: WarmStart, result: Any) -> list[Trial]:
    """Return the trials of an optimizer or an `OptimizeResult`, observations left out."""
    points, losses = (
        (result.Xi, result.yi) if hasattr(result, "Xi") else (result.x_iters, result.func_vals)
    )
    n_known = len(warm.known_results)  # they come first, in order
    timed = getattr(result, "acq_func", "") in _PER_SECOND
    return _trials(warm, points[n_known:], losses[n_known:], timed=timed)


def read_space(foreign: Sequence[Any] | dict[str, Any]) -> ConfigSpace.ConfigurationSpace:
    """Return dimensions, or the dict of `BayesSearchCV`, as a ConfigSpace.

    Tuples and lists are read as in scikit-optimize: `(1, 10)` is a range, `(0.1, 10.0,
    "log-uniform")` one on the log axis, any other list a choice.
    """
    space = loaded("skopt", "skopt", "skopt.space")
    return axes.space_of([_axis(n, _named(space, n, d)) for n, d in _pairs(foreign)])


def _pairs(foreign: Any) -> list[tuple[str, Any]]:
    """Return names and dimensions."""
    if isinstance(foreign, dict):
        return list(foreign.items())
    found = [(getattr(dimension, "name", None), dimension) for dimension in foreign]
    if any(name is None for name, _ in found):
        raise UsageError("give every dimension a name, for instance Real(1e-3, 1, name='C')")
    return cast("list[tuple[str, Any]]", found)


def _named(space: Any, name: str, dimension: Any) -> Any:
    """Return a dimension, under its name, as scikit-optimize reads it."""
    if not isinstance(dimension, space.Dimension):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of future changes of the reading
            try:
                made = space.check_dimension(dimension)
            except ValueError as error:
                raise InputError(f"{name!r}: {error}") from None
    else:
        made = dimension if dimension.name == name else copy(dimension)
    made.name = name
    return made


def _point(warm: WarmStart, configuration: Configuration) -> list[Any]:
    values = complete(warm, configuration)
    return [values[dimension.name] for dimension in dimensions(warm)]


def _trials(
    warm: WarmStart, points: Sequence[Any], losses: Sequence[Any], *, timed: bool = False
) -> list[Trial]:
    names = [dimension.name for dimension in dimensions(warm)]
    found = []
    for x, y in zip(points, losses, strict=True):
        trial = pending(warm, zip(names, x, strict=True))
        loss = single(y[0] if timed else y)
        assert loss is not None  # scikit-optimize takes numbers only
        found.append(trial.finished(loss, float(y[1])) if timed else trial.finished(loss))
    return found


def _axis(name: str, dimension: Any) -> Any:
    if hasattr(dimension, "categories"):
        return axes.category(name, list(dimension.categories))
    whole = hasattr(dimension, "dtype") and np.issubdtype(dimension.dtype, np.integer)
    log = dimension.prior == "log-uniform"
    return axes.number(name, dimension.low, dimension.high, integer=bool(whole), log=log)


def _dimension(space: Any, axis: Axis) -> Any:
    if axis.kind == "category":
        return space.Categorical(list(axis.choices), name=axis.name)
    prior = "log-uniform" if axis.log else "uniform"
    if axis.kind == "integer":
        return space.Integer(round(axis.lower), round(axis.upper), prior=prior, name=axis.name)
    return space.Real(axis.lower, axis.upper, prior=prior, name=axis.name)


BRIDGE = Bridge(
    name="skopt",
    package="skopt",
    extra="skopt",
    honours=frozenset({"seeds", "observations", "memory"}),
    start=to_skopt,
    read_space=read_space,
    trials=trials,
    title="scikit-optimize",
    modules=("skopt",),
    space="scikit-optimize dimensions",
)
