"""ConfigSpace: how it runs in tests, and a space in its own objects."""

from __future__ import annotations

from metalearn.bridges.bridge import configuration_of


def drive(warm, loss, n):
    start = warm.to_configspace(seed=0)
    drawn = start.space.sample_configuration(n)
    asked = [configuration_of(warm, dict(c).items()) for c in [*start.configurations, *drawn]]
    return asked, None


def user_space():
    from ConfigSpace import CategoricalHyperparameter as Category
    from ConfigSpace import ConfigurationSpace, Float, InCondition

    space = ConfigurationSpace()
    kernel, gamma = Category("kernel", ["rbf", "poly"]), Float("gamma", (1e-4, 1.0), log=True)
    space.add(Float("C", (0.1, 500.0), log=True), kernel, gamma)
    space.add(InCondition(gamma, kernel, ["rbf", "poly"]))
    return space
