"""Bridges to the optimizers that people already use: each takes a warm start in its own objects.

`warm.to_optuna(...)` and its like find their bridge here by name. A bridge is loaded, with the
library behind it, on first use.
"""

from metalearn.bridges.bridge import Bridge
from metalearn.catalogue import Catalogue

__all__ = ["CATALOGUE", "get", "names"]

_HERE = "metalearn.bridges"
CATALOGUE: Catalogue[Bridge] = Catalogue(
    "bridge",
    {
        name: f"{_HERE}.{name}:BRIDGE"
        for name in (
            "optuna",
            "smac",
            "configspace",
            "hyperopt",
            "nevergrad",
            "cma",
            "cmaes",
            "skopt",
            "sklearn_search",
            "flaml",
            "raytune",
            "synetune",
            "ax",
        )
    },
)
get = CATALOGUE.get
names = CATALOGUE.names
