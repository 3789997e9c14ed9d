"""Syne Tune: how it runs in tests, and a space in its own objects."""

from __future__ import annotations

import pytest

from metalearn.bridges.bridge import configuration_of


def drive(warm, loss, n):
    pytest.importorskip("xgboost", reason="Syne Tune's CQR needs it")
    scheduler = warm.to_synetune(seed=0)
    asked, told = [], []
    for _ in range(n):
        trial = scheduler.ask()
        asked.append(configuration_of(warm, trial.config.items()))
        scheduler.tell(trial, {"loss": loss(asked[-1])})
        told.append((trial, {"loss": loss(asked[-1])}))
    return asked, told


def user_space():
    from syne_tune import config_space

    return {
        "C": config_space.loguniform(0.1, 500.0),
        "gamma": config_space.loguniform(1e-4, 1.0),
        "kernel": config_space.choice(["rbf", "poly"]),
        "comment": "constants are left alone",
    }
