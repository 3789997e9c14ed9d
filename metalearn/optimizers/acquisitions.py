"""Acquisition functions by name: expected improvement, confidence bound, Thompson sampling."""

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
"""Maps points `(n, n_axes)` to their acquisition values `(n,)`; larger is better."""


class Acquisition(Protocol):
    """Turns a fitted surrogate into a function to maximize."""

    def __call__(
        self, predictor: Predictor, best: float, rng: np.random.Generator, unit: float = 1.0
    ) -> Value:
        """Return the acquisition function.

        Args:
            predictor: Predicts the loss.
            best: Lowest predicted mean at the evaluated points.
            rng: Draws functions or quantiles.
            unit: Loss that counts as 1, such as the deviation of the measured losses. Bounds and
                draws are divided by it, so that values do not depend on the unit of the metric.
        """
        ...


def improvement(
    predictor: Predictor, best: float, rng: np.random.Generator, unit: float = 1.0
) -> Value:
    """Return log expected improvement, or the predictor's own `log_value` if it has one.

    The unit of the losses shifts all logarithms alike, so it is not used.
    """
    del rng, unit
    if isinstance(predictor, Values):
        own = predictor
        return lambda X: own.log_value(X, best)

    def value(X: Floats) -> Floats:
        predicted = predictor.predict(X)
        return log_expected_improvement(predicted.mean, predicted.std, best)

    return value


def bound(predictor: Predictor, best: float, rng: np.random.Generator, unit: float = 1.0) -> Value:
    """Return minus the lower confidence bound of the loss, two deviations below the mean."""
    del best, rng

    def value(X: Floats) -> Floats:
        predicted = predictor.predict(X)
        return confidence_bound(predicted.mean / unit, predicted.std / unit)

    return value


def thompson(
    predictor: Predictor, best: float, rng: np.random.Generator, unit: float = 1.0
) -> Value:
    """Return minus one function drawn from the posterior (Thompson 1933).

    If the predictor cannot draw functions, one quantile is drawn and used for all points.
    """
    del best
    if isinstance(predictor, Draws):
        drawn = predictor.draw(rng)
        return lambda X: -drawn(X) / unit
    quantile = float(rng.normal())

    def value(X: Floats) -> Floats:
        predicted = predictor.predict(X)
        return -(predicted.mean + quantile * predicted.std) / unit

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
