"""Hyperopt: how it runs in tests, and a space in its own objects."""

from __future__ import annotations

import numpy as np


def drive(warm, loss, n):
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


def user_space():
    from hyperopt import hp

    return {
        "C": hp.loguniform("C", np.log(0.1), np.log(500)),
        "gamma": hp.loguniform("gamma", np.log(1e-4), 0.0),
        "kernel": hp.choice("kernel", [
            {"kernel": "rbf"}, {"kernel": "poly", "degree": hp.uniformint("degree", 2, 5)},
        ]),
    }  # fmt: skip
