"""ConfigSpace: the space with the prior on its axes, and the initial design in its own objects.

ConfigSpace has one distribution per axis: numbers get Beta densities of the prior's mean and
variance, categories weights. Correlations between axes are lost.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import ConfigSpace

from metalearn.bridges.bridge import Bridge, configuration_of
from metalearn.core.choices import of_config_space, to_config_space_values
from metalearn.core.configuration import Configuration
from metalearn.core.warm_start import WarmStart
from metalearn.errors import UsageError
from metalearn.priors import KDEPrior, to_config_space

__all__ = ["BRIDGE", "ConfigSpaceStart", "own", "to_configspace"]


class ConfigSpaceStart(NamedTuple):
    """A space and its first configurations, in ConfigSpace's own objects."""

    space: ConfigSpace.ConfigurationSpace
    configurations: list[ConfigSpace.Configuration]


def to_configspace(warm: WarmStart, *, prior: bool = True, seed: int | None = None) -> Any:
    """Return the space (drawing from the prior) and the initial design.

    Args:
        warm: The warm start.
        prior: Whether the axes carry the prior. Without it, it is the user's own ConfigSpace.
        seed: Seed of the space's own sampling.
    """
    space = warm.space.config_space
    if prior and warm.prior is not None:
        if not isinstance(warm.prior, KDEPrior):
            raise UsageError("only KDE priors can be put on axes; pass prior=False")
        space = to_config_space(warm.prior)
    if seed is not None:
        space.seed(seed)
    return ConfigSpaceStart(space, [own(warm, c, space) for c in warm.configurations])


def own(
    warm: WarmStart, configuration: Configuration, space: ConfigSpace.ConfigurationSpace
) -> Any:
    """Return a configuration of `warm.space` as one of a ConfigSpace with the same axes."""
    values = to_config_space_values(space, warm.space.values_of(configuration))
    return ConfigSpace.Configuration(space, values=values)


def from_own(warm: WarmStart, configuration: Any) -> Configuration:
    """Return one of ConfigSpace's configurations as ours."""
    return configuration_of(warm, of_config_space(warm.space.config_space, configuration).items())


def read_space(foreign: ConfigSpace.ConfigurationSpace) -> ConfigSpace.ConfigurationSpace:
    """Return the space as it is."""
    return foreign


BRIDGE = Bridge(
    name="configspace",
    package="ConfigSpace",
    extra="configspace",
    honours=frozenset({"seeds", "prior"}),
    start=to_configspace,
    read_space=read_space,
    title="ConfigSpace",
    modules=("ConfigSpace",),
    space="a ConfigSpace",
    forbidden="kept",
    joint="conditional",
)
