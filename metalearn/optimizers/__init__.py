"""Optimizers with an ask-and-tell interface; each can start from source tasks or a prior."""

from typing import Protocol

import numpy as np

from metalearn.catalogue import Catalogue
from metalearn.core.seams import Optimizer
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart

__all__ = ["CATALOGUE", "OptimizerFactory", "get", "names"]


class OptimizerFactory(Protocol):
    """Call signature of an optimizer: `get("bayesian")(space, initial=warm, rng=rng)`."""

    def __call__(
        self, space: Space, *, initial: WarmStart | None = None, rng: np.random.Generator
    ) -> Optimizer:
        """Return an optimizer over the space."""
        ...


CATALOGUE: Catalogue[OptimizerFactory] = Catalogue(
    "optimizer",
    {
        "random": "metalearn.optimizers.random:RandomSearch",
        "bayesian": "metalearn.optimizers.bayesian:Bayesian",
        "few-shot": "metalearn.optimizers.few_shot:FewShotSearch",
        "recurrent": "metalearn.optimizers.recurrent:Recurrent",
        "forest": "metalearn.optimizers.forest:ForestSearch",
        "blr": "metalearn.optimizers.blr:LinearSearch",
        "hyperboost": "metalearn.optimizers.hyperboost:HyperBoost",
        "tpe": "metalearn.optimizers.tpe:TPE",
        "successive-halving": "metalearn.optimizers.successive_halving:SuccessiveHalving",
        "hyperband": "metalearn.optimizers.hyperband:Hyperband",
        "bohb": "metalearn.optimizers.bohb:BOHB",
        "asha": "metalearn.optimizers.asha:ASHA",
        "cma": "metalearn.optimizers.cma:CMA",
        "pso": "metalearn.optimizers.pso:ParticleSwarm",
        "evolution": "metalearn.optimizers.evolution:Evolution",
        "async-evolution": "metalearn.optimizers.async_evolution:AsyncEvolution",
        "asha-evolution": "metalearn.optimizers.asha_evolution:AshaEvolution",
        "aging": "metalearn.optimizers.aging:AgingEvolution",
        "tree-search": "metalearn.optimizers.tree_search:TreeSearch",
        "planning": "metalearn.optimizers.planning:Planning",
        "parego": "metalearn.optimizers.parego:ParEGO",
        "nsga-ii": "metalearn.optimizers.nsga2:NSGA2",
        "cost-frugal": "metalearn.optimizers.cost_frugal:CostFrugal",
    },
)


def names() -> tuple[str, ...]:
    """Return the names of all optimizers."""
    return CATALOGUE.names()


def get(name: str) -> OptimizerFactory:
    """Return the optimizer of that name; call it with a space.

    Raises:
        UnknownNameError: If there is no such optimizer.
    """
    return CATALOGUE.get(name)
