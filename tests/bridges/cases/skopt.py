"""scikit-optimize: how it runs in tests, and a space in its own objects."""

from __future__ import annotations

from metalearn.bridges.bridge import configuration_of


def drive(warm, loss, n):
    from skopt.learning import GaussianProcessRegressor

    from metalearn.bridges.skopt import dimensions

    # The default fits the hyperparameters of a process for each of three acquisition functions.
    process = GaussianProcessRegressor(optimizer=None, normalize_y=True, noise=0.01)
    optimizer = warm.to_skopt(
        base_estimator=process, random_state=0, acq_func="EI", acq_optimizer="sampling"
    )
    names = [dimension.name for dimension in dimensions(warm)]
    asked = []
    for _ in range(n):
        point = optimizer.ask()
        asked.append(configuration_of(warm, zip(names, point, strict=True)))
        optimizer.tell(point, loss(asked[-1]))
    return asked, optimizer


def user_space():
    from skopt.space import Categorical, Real

    return [
        Real(0.1, 500, prior="log-uniform", name="C"),
        Real(1e-4, 1.0, prior="log-uniform", name="gamma"),
        Categorical(["rbf", "poly"], name="kernel"),
    ]
