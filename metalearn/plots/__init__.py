"""Figures: each is computed as a small frozen result, which is then drawn.

The catalogue holds the drawings that results offer as methods, as `recommendations.plot()`:
functions of the result and of matplotlib axes, or None for new ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metalearn.catalogue import Catalogue

__all__ = ["CATALOGUE"]

Draw = Callable[[Any, Any], Any]  # Any: matplotlib is loaded on use, each result has its own type

CATALOGUE: Catalogue[Draw] = Catalogue(
    "plot",
    {
        "recommendations": "metalearn.plots.recommendations:plot_recommendations",
        "automl-fit": "metalearn.plots.automl_fit:plot_fit",
    },
)
