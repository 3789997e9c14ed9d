"""Acquisitions by name: from a fitted surrogate to what a point is worth to evaluate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.seams import Draws, Predictor, Values
from metalearn.errors import UnknownNameError
from metalearn.numerics.search.acquisition import confidence_bound
from metalearn.numerics.search.log_improvement import log_expected_improvement

__all__ = ["Acquisition", "Value", "acquisition_named", "bound", "improvement", "thompson"]

Value = Callable[[Floats], Floats]
"""Of points `(n, n_axes)`: what each is worth, `(n,)`, larger is better."""


class Acquisition(Protocol):
    """Turns a belief into a value."""

    def __call__(self, predictor: Predictor, best: float, rng: np.random.Generator) -> Value:
        """Return the value of points.

        Args:
            predictor: Belief about the loss.
            best: Lowest loss so far, as the predictor sees it.
            rng: For what is random.
        """
        ...


def improvement(predictor: Predictor, best: float, rng: np.random.Generator) -> Value:
    """Return log expected improvement, or what a transfer method puts in its place."""
    del rng
    if isinstance(predictor, Values):
        own = predictor
        return lambda X: own.log_value(X, best)

    def value(X: Floats) -> Floats:
        predicted = predictor.predict(X)
        return log_expected_improvement(predicted.mean, predicted.std, best)

    return value


def bound(predictor: Predictor, best: float, rng: np.random.Generator) -> Value:
    """Return minus the lower confidence bound of the loss, two deviations out."""
    del best, rng

    def value(X: Floats) -> Floats:
        predicted = predictor.predict(X)
        return confidence_bound(predicted.mean, predicted.std)

    return value


def thompson(predictor: Predictor, best: float, rng: np.random.Generator) -> Value:
    """Return minus one function drawn from the belief (Thompson 1933).

    Of a predictor that cannot draw functions: one quantile, drawn once for all points.
    """
    del best
    if isinstance(predictor, Draws):
        drawn = predictor.draw(rng)
        return lambda X: -drawn(X)
    quantile = float(rng.normal())

    def value(X: Floats) -> Floats:
        predicted = predictor.predict(X)
        return -(predicted.mean + quantile * predicted.std)

    return value


_NAMED: dict[str, Acquisition] = {"ei": improvement, "lcb": bound, "thompson": thompson}


def acquisition_named(name: str) -> Acquisition:
    """Return the acquisition of that name: `ei`, `lcb` or `thompson`.

    Raises:
        UnknownNameError: If there is no such acquisition.
    """
    if name not in _NAMED:
        raise UnknownNameError("acquisition", name, tuple(_NAMED))
    return _NAMED[name]
