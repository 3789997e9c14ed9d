"""A small store with a planted answer: of an SVM, gamma decides, then C; the rest is idle."""

from __future__ import annotations

from pathlib import Path

import ConfigSpace as cs
import numpy as np
import pandas as pd

from metalearn.core.configuration import Configuration
from metalearn.core.records import Batch, Source
from metalearn.core.space import Space
from metalearn.store import writing


def svm_space() -> Space:
    space = cs.ConfigurationSpace()
    kernel = cs.CategoricalHyperparameter("kernel", ["linear", "rbf"], default_value="rbf")
    gamma = cs.UniformFloatHyperparameter("gamma", 1e-4, 1e1, log=True)
    c = cs.UniformFloatHyperparameter("C", 1e-2, 1e2, log=True)
    space.add(kernel, gamma, c, cs.CategoricalHyperparameter("shrinking", [True, False]))
    space.add(cs.EqualsCondition(gamma, kernel, "rbf"))
    return Space("svm", space)


def accuracy(space: Space, configuration: Configuration, shift: float) -> float:
    """Best at gamma's middle and large C; linear is as good on average."""
    (point,) = space.encode([configuration])
    at = {name: j for j, name in enumerate(space.names)}
    gain = 0.05 * point[at["C"]]
    if np.isnan(point[at["gamma"]]):
        return 0.767 + gain  # the mean of the other branch, so that the kernel alone is idle
    return 0.9 - 1.6 * (point[at["gamma"]] - 0.5 - shift) ** 2 + gain


def planted_store(path: Path, n_runs: int = 120, n_more: int = 0) -> Path:
    """Write the store: tasks with runs, one with constant scores; `n_more` like the middle."""
    space = svm_space()
    tasks, rows, configurations = [], [], {}
    for number, (name, shift) in enumerate(
        [("left", -0.05), ("middle", 0.0), ("right", 0.05), ("flat", 0.0)]
        + [(f"more{i}", 0.0) for i in range(n_more)]
    ):
        key = f"planted:{name}"
        tasks.append((key, name, "classification", name, "y", "{}", "", 100, 5, 2))
        for configuration in space.sample(n_runs, np.random.default_rng(number)):
            configurations[configuration.key] = configuration
            score = 0.5 if name == "flat" else accuracy(space, configuration, shift)
            rows.append(
                (key, configuration.key, "accuracy", -1, 1.0, 0, score, "ok", None, 1.0, 0.1)
            )
    batch = Batch(
        Source("planted"),
        tasks=pd.DataFrame(tasks, columns=["task", "name", "kind", "dataset", "target",
            "procedure", "family", "n_rows", "n_features", "n_classes"]),
        algorithms=pd.DataFrame([("svm", "planted", "1", space.to_json())],
            columns=["algorithm", "library", "version", "space"]),
        configurations=pd.DataFrame(
            [(c.key, "svm", c.canonical) for c in configurations.values()],
            columns=["configuration", "algorithm", "hyperparameters"]),
        metrics=pd.DataFrame([("accuracy", True, 1.0, 0.0)],
            columns=["metric", "greater_is_better", "optimum", "worst"]),
        evaluations=pd.DataFrame(rows, columns=["task", "configuration", "metric", "fold",
            "fidelity", "seed", "value", "status", "reason", "fit_s", "predict_s"]),
    )  # fmt: skip
    with writing(path) as writer:
        writer.load(batch)
    return path
