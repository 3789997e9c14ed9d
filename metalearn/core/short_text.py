"""Hyperparameters as short text, for tables and pages."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["hyperparameters_text", "short_value"]


def short_value(value: object) -> str:
    """Return a hyperparameter value, numbers at three digits.

    >>> short_value(0.123456), short_value(True), short_value(12)
    ('0.123', 'True', '12')
    """
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def hyperparameters_text(values: Mapping[str, object]) -> str:
    """Return hyperparameters on one line.

    >>> hyperparameters_text({"C": 0.123456, "kernel": "rbf"})
    'C=0.123 kernel=rbf'
    """
    return " ".join(f"{name}={short_value(value)}" for name, value in values.items())
