"""Optuna: how it runs in tests, and a space in its own objects."""

from __future__ import annotations

from metalearn.bridges.bridge import configuration_of


def drive(warm, loss, n, **options):
    import optuna

    from metalearn.bridges.optuna import suggest

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    asked = []

    def objective(trial):
        if warm.mapping is None:
            asked.append(suggest(trial, warm.space))
        else:  # as a user writes it
            kinds = warm.mapping.original
            values = {name: trial._suggest(name, kinds[name]) for name in kinds}
            asked.append(configuration_of(warm, values.items()))
        value = loss(asked[-1])
        return float(warm.metric.score(value)) if warm.metric else value

    study = warm.to_optuna(seed=0, **options)
    study.optimize(objective, n_trials=n)
    return asked, study


def user_space():
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    return {
        "svc__C": FloatDistribution(0.1, 500, log=True),
        "svc__gamma": FloatDistribution(1e-4, 1, log=True),
        "svc__kernel": CategoricalDistribution(["rbf", "poly"]),
    }
