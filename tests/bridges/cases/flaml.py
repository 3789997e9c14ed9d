"""FLAML: how it runs in tests, and a space in its own objects."""

from __future__ import annotations

from metalearn.bridges.bridge import configuration_of


def drive(warm, loss, n):
    import flaml as library

    asked = []

    def evaluate(config):
        asked.append(configuration_of(warm, config.items()))
        return {"loss": loss(asked[-1])}

    analysis = library.tune.run(evaluate, num_samples=n + len(warm.observations), verbose=0,
                                **warm.to_flaml(seed=0))  # fmt: skip
    return asked, analysis


def user_space():
    from flaml import tune

    return {
        "C": tune.loguniform(0.1, 500.0),
        "gamma": tune.loguniform(1e-4, 1.0),
        "kernel": tune.choice(["rbf", "poly"]),
        "comment": "constants are left alone",
    }
