"""The same space of svc in the words of every library: C, gamma, and where it can, the kernel."""

from __future__ import annotations

import numpy as np


def optuna():
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    return {
        "svc__C": FloatDistribution(0.1, 500, log=True),
        "svc__gamma": FloatDistribution(1e-4, 1, log=True),
        "svc__kernel": CategoricalDistribution(["rbf", "poly"]),
    }


def configspace():
    from ConfigSpace import CategoricalHyperparameter as Category
    from ConfigSpace import ConfigurationSpace, Float, InCondition

    space = ConfigurationSpace()
    kernel, gamma = Category("kernel", ["rbf", "poly"]), Float("gamma", (1e-4, 1.0), log=True)
    space.add(Float("C", (0.1, 500.0), log=True), kernel, gamma)
    space.add(InCondition(gamma, kernel, ["rbf", "poly"]))
    return space


def hyperopt():
    from hyperopt import hp

    return {
        "C": hp.loguniform("C", np.log(0.1), np.log(500)),
        "gamma": hp.loguniform("gamma", np.log(1e-4), 0.0),
        "kernel": hp.choice("kernel", [
            {"kernel": "rbf"}, {"kernel": "poly", "degree": hp.uniformint("degree", 2, 5)},
        ]),
    }  # fmt: skip


def nevergrad():
    import nevergrad as ng

    return ng.p.Instrumentation(
        C=ng.p.Log(lower=0.1, upper=500), gamma=ng.p.Log(lower=1e-4, upper=1.0),
        kernel=ng.p.Choice(["rbf", "poly"]),
    )  # fmt: skip


def skopt():
    from skopt.space import Categorical, Real

    return [
        Real(0.1, 500, prior="log-uniform", name="C"),
        Real(1e-4, 1.0, prior="log-uniform", name="gamma"),
        Categorical(["rbf", "poly"], name="kernel"),
    ]


def sklearn_search():
    from scipy.stats import loguniform

    return {"C": loguniform(0.1, 500), "gamma": loguniform(1e-4, 1.0), "kernel": ["rbf", "poly"]}


def flaml():
    from flaml import tune

    return _domains(tune)


def raytune():
    from ray import tune

    return _domains(tune)


def synetune():
    from syne_tune import config_space

    return _domains(config_space)


def _domains(module):
    return {
        "C": module.loguniform(0.1, 500.0),
        "gamma": module.loguniform(1e-4, 1.0),
        "kernel": module.choice(["rbf", "poly"]),
        "comment": "constants are left alone",
    }


def ax():
    from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

    return [
        RangeParameterConfig(name="C", bounds=(0.1, 500), parameter_type="float", scaling="log"),
        RangeParameterConfig(name="gamma", bounds=(1e-4, 1), parameter_type="float",
                             scaling="log"),
        ChoiceParameterConfig(name="kernel", values=["rbf", "poly"], parameter_type="str",
                              is_ordered=False),
    ]  # fmt: skip
