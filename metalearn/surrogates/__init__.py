"""Surrogates: models of the loss of one task over a space, with or without source tasks."""

from typing import Protocol

from metalearn.catalogue import Catalogue
from metalearn.core.seams import Surrogate
from metalearn.core.space import Space
from metalearn.core.warm_start import WarmStart

__all__ = ["CATALOGUE", "SurrogateFactory", "get", "names"]


class SurrogateFactory(Protocol):
    """Call signature of a surrogate: `get("rgpe")(space, warm)`."""

    def __call__(self, space: Space, warm: WarmStart | None = None) -> Surrogate:
        """Return a surrogate over the space; transfer methods learn from the warm start."""
        ...


CATALOGUE: Catalogue[SurrogateFactory] = Catalogue(
    "surrogate",
    {
        "gaussian-process": "metalearn.surrogates.gaussian_process:GaussianProcess",
        "forest": "metalearn.surrogates.forest:Forest",
        "linear": "metalearn.surrogates.linear:RandomFeatures",
        "boosting": "metalearn.surrogates.boosting:Boosting",
        "soft-taf": "metalearn.surrogates.soft_taf:SoftTAF",
        "taf": "metalearn.surrogates.tst:TAFR",
        "tst-r": "metalearn.surrogates.tst:TSTR",
        "tst-m": "metalearn.surrogates.tst:TSTM",
        "smfo": "metalearn.surrogates.smfo:SMFO",
        "rgpe": "metalearn.surrogates.rgpe:RGPE",
        "pogpe": "metalearn.surrogates.pogpe:POGPE",
        "stacked": "metalearn.surrogates.stacked:Stacked",
        "multitask": "metalearn.surrogates.multitask:MultiTask",
        "ablr": "metalearn.surrogates.ablr:ABLR",
        "copula": "metalearn.surrogates.copula:Copula",
        "fsbo": "metalearn.surrogates.fsbo:FSBO",
        "fsbo-frozen": "metalearn.surrogates.fsbo:FrozenFSBO",
        "hyperbo": "metalearn.surrogates.hyperbo:HyperBO",
        "ablr-network": "metalearn.surrogates.ablr_network:ABLRNetwork",
        "multitask-network": "metalearn.surrogates.multitask_network:MultiTaskNetwork",
        "soft-taf-deep": "metalearn.surrogates.soft_taf_deep:DeepSoftTAF",
    },
)


def names() -> tuple[str, ...]:
    """Return the names of all surrogates."""
    return CATALOGUE.names()


def get(name: str) -> SurrogateFactory:
    """Return the surrogate of that name; call it with a space and, if there is one, a warm start.

    Raises:
        UnknownNameError: If there is no such surrogate.
    """
    return CATALOGUE.get(name)
