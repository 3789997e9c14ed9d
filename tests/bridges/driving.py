"""How each library runs: (warm, loss, n) -> configurations that it evaluated, and its results."""

from __future__ import annotations

import logging
import tempfile

import numpy as np
import pytest

from metalearn import bridges
from metalearn.bridges.bridge import configuration_of


def optuna(warm, loss, n, **options):
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


def smac(warm, loss, n, **options):
    asked = []

    def objective(config):
        asked.append(configuration_of(warm, dict(config).items()))
        return loss(asked[-1])

    with tempfile.TemporaryDirectory() as folder:
        facade = warm.to_smac(objective, n_trials=n, output_directory=folder, **options)
        facade.optimize()
    return asked, facade


def hyperopt(warm, loss, n):
    from hyperopt import fmin, tpe

    start, asked = warm.to_hyperopt(), []

    def objective(point):
        flat = {}
        for name, value in point.items():
            flat.update(value if isinstance(value, dict) else {name: value})
        asked.append(start.configuration(flat))
        return loss(asked[-1])

    fmin(objective, start.space, algo=tpe.suggest, max_evals=start.n_known + n,
         trials=start.trials, rstate=np.random.default_rng(0), show_progressbar=False)  # fmt: skip
    return asked, start.trials


def nevergrad(warm, loss, n):
    optimizer = warm.to_nevergrad(budget=n, optimizer="CMA", seed=0)
    asked, told = [], []
    for _ in range(n):
        candidate = optimizer.ask()
        values = dict(candidate.kwargs) or dict(candidate.value)
        asked.append(configuration_of(warm, values.items()))
        optimizer.tell(candidate, loss(asked[-1]))
        told.append((candidate, loss(asked[-1])))
    return asked, told


def cma(warm, loss, n):
    strategy, cube = warm.to_cma()
    asked = []
    while len(asked) < n:
        points = strategy.ask()
        asked += [cube.decode(z) for z in points]
        strategy.tell(points, [loss(c) for c in asked[-len(points) :]])
    return asked, strategy


def cmaes(warm, loss, n):
    strategy, cube = warm.to_cmaes()
    asked = []
    while len(asked) < n:
        points = [strategy.ask() for _ in range(strategy.population_size)]
        asked += [cube.decode(z) for z in points]
        losses = [loss(c) for c in asked[-len(points) :]]
        strategy.tell(list(zip(points, losses, strict=True)))
    return asked, strategy


def skopt(warm, loss, n):
    from metalearn.bridges.skopt import dimensions

    optimizer = warm.to_skopt(random_state=0)
    names = [dimension.name for dimension in dimensions(warm)]
    asked = []
    for _ in range(n):
        point = optimizer.ask()
        asked.append(configuration_of(warm, zip(names, point, strict=True)))
        optimizer.tell(point, loss(asked[-1]))
    return asked, optimizer


def flaml(warm, loss, n):
    import flaml as library

    asked = []

    def evaluate(config):
        asked.append(configuration_of(warm, config.items()))
        return {"loss": loss(asked[-1])}

    analysis = library.tune.run(evaluate, num_samples=n + len(warm.observations), verbose=0,
                                **warm.to_flaml(seed=0))  # fmt: skip
    return asked, analysis


def sklearn_search(warm, loss, n):
    from sklearn.svm import SVC

    asked = []
    scoring = "balanced_accuracy"
    search = warm.to_sklearn_search(SVC(), n_iter=n, random_state=0, scoring=scoring)

    def evaluate(candidates):
        for values in candidates:
            asked.append(configuration_of(search.warm_start_, values.items()))
        search.cv_results_ = {
            "params": list(candidates),
            "mean_test_score": [warm_score(warm, loss(in_ours(search, c))) for c in asked],
            "mean_fit_time": [0.1] * len(asked),
        }

    search._run_search(evaluate)
    # What `fit` does at its end; the loss here is not a cross-validated one.
    search.warm_start_.tell(bridges.get("sklearn_search").trials(search.warm_start_, search))
    return [in_ours(search, c) if warm.mapping is None else c for c in asked], search


def warm_score(warm, loss):
    return float(warm.metric.score(loss)) if warm.metric else -loss


def in_ours(search, configuration):
    return search.warm_start_.mapping.to_ours(configuration.hyperparameters)


def raytune(warm, loss, n):
    from ray import tune

    logging.getLogger("ray.tune").setLevel(logging.ERROR)
    searcher = warm.to_raytune(seed=0)
    assert isinstance(searcher, tune.search.Searcher)
    asked, told = [], []
    for i in range(n):
        config = searcher.suggest(f"t{i}")
        asked.append(configuration_of(warm, config.items()))
        told.append((config, loss(asked[-1])))
        searcher.on_trial_complete(f"t{i}", {"loss": told[-1][1]})
    return asked, told


def synetune(warm, loss, n):
    pytest.importorskip("xgboost", reason="Syne Tune's CQR needs it")
    scheduler = warm.to_synetune(seed=0)
    asked, told = [], []
    for _ in range(n):
        trial = scheduler.ask()
        asked.append(configuration_of(warm, trial.config.items()))
        scheduler.tell(trial, {"loss": loss(asked[-1])})
        told.append((trial, {"loss": loss(asked[-1])}))
    return asked, told


def ax(warm, loss, n):
    client, pending = warm.to_ax(seed=0)
    asked = []
    while len(asked) < n:
        waiting = pending or client.get_next_trials(max_trials=1)
        for index, values in dict(waiting).items():
            asked.append(configuration_of(warm, values.items()))
            client.complete_trial(index, raw_data={"loss": loss(asked[-1])})
        pending = {}
    return asked, client


def configspace(warm, loss, n):
    start = warm.to_configspace(seed=0)
    drawn = start.space.sample_configuration(n)
    asked = [configuration_of(warm, dict(c).items()) for c in [*start.configurations, *drawn]]
    return asked, None
