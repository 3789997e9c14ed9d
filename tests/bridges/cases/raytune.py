"""Ray Tune: how it runs in tests, and a space in its own objects."""

from __future__ import annotations

import logging

from metalearn.bridges.bridge import configuration_of


def drive(warm, loss, n):
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


def user_space():
    from ray import tune

    return {
        "C": tune.loguniform(0.1, 500.0),
        "gamma": tune.loguniform(1e-4, 1.0),
        "kernel": tune.choice(["rbf", "poly"]),
        "comment": "constants are left alone",
    }
