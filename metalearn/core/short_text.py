"""Hyperparameters as short text, for tables and pages."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["hyperparameters_text", "score_form", "short_value"]


def short_value(value: object) -> str:
    """Return a hyperparameter value, numbers at three digits.

    >>> short_value(0.123456), short_value(True), short_value(12)
    ('0.123', 'True', '12')
    """
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def score_form(score: float) -> str:
    """Return the format of a score: four decimals, and five digits of a large one.

    >>> [format(score, score_form(score)) for score in (0.71234, 8921.0869, 11325.03)]
    ['0.7123', '8921.1', '11325']
    """
    n_digits = len(f"{abs(score):.0f}")
    return f".{min(max(5 - n_digits, 0), 4)}f"


def hyperparameters_text(values: Mapping[str, object]) -> str:
    """Return hyperparameters on one line.

    >>> hyperparameters_text({"C": 0.123456, "kernel": "rbf"})
    'C=0.123 kernel=rbf'
    """
    return " ".join(f"{name}={short_value(value)}" for name, value in values.items())
