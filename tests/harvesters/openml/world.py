"""A small OpenML: tasks, flows, setups, runs and evaluations that a loopback server shows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

FUNCTIONS = ("predictive_accuracy", "area_under_roc_curve")


@dataclass
class Run:
    run: int
    task: int
    setup: int
    flow: int
    uploader: int
    time: str
    error: str = ""
    evaluation_error: str = ""


@dataclass
class Flow:
    flow: int
    name: str
    external: str
    parts: tuple[tuple[str, str, int], ...]  # role, class, flow id of each component
    defaults: dict[int, dict[str, str]]  # component -> parameter -> default text


@dataclass
class World:
    """What the server holds; may change while it is served."""

    tasks: dict[int, dict] = field(default_factory=dict)
    flows: dict[int, Flow] = field(default_factory=dict)
    setups: dict[int, tuple[int, dict[int, dict[str, str]]]] = field(default_factory=dict)
    runs: dict[int, Run] = field(default_factory=dict)
    evaluations: dict[tuple[int, str, int], str | None] = field(default_factory=dict)
    suites: dict[int, list[int]] = field(default_factory=dict)

    def rows(self, function: str) -> dict[tuple[int, int], str | None]:
        """(run, engine) -> value text of one measure."""
        return {
            (run, engine): value
            for (run, name, engine), value in self.evaluations.items()
            if name == function
        }

    def add_run(self, run: int, task: int, setup: int, values: dict[str, str | None]) -> None:
        flow = self.setups[setup][0]
        uploader = 1 + run % 3
        minute, second = divmod(run % 3600, 60)
        time = f"2017-06-26 12:{minute:02d}:{second:02d}"
        self.runs[run] = Run(run, task, setup, flow, uploader, time)
        for function, value in values.items():
            self.evaluations[run, function, 1] = value

    def add_hidden_run(self, run: int, task: int, setup: int, state: int) -> None:
        """Add a run that is counted and has no evaluation: pending, failed, or in error."""
        self.add_run(run, task, setup, {})
        self.runs[run].error = ("", "<class 'ValueError'>: x & y", "")[state % 3]
        self.runs[run].evaluation_error = ("", "", "No ground truth")[state % 3]

    def folds(self, run: int, function: str) -> dict[tuple[int, int], str]:
        """(repeat, fold) -> value text; nothing for a run without evaluation."""
        value = self.evaluations.get((run, function, 1))
        if value is None:
            return {}
        return {(i // 3, i % 3): repr(float(value) + (i - 2.5) / 1000) for i in range(6)}

    def fit_ms(self, run: int, repeat: int, fold: int) -> int:
        return 100 + run % 7 + 10 * repeat + fold

    def delete_run(self, run: int) -> None:
        del self.runs[run]
        for key in [key for key in self.evaluations if key[0] == run]:
            del self.evaluations[key]


SVC = "sklearn.svm.classes.SVC"
FOREST = "sklearn.ensemble.forest.RandomForestClassifier"
IMPUTER, PIPELINE = "sklearn.preprocessing.imputation.Imputer", "sklearn.pipeline.Pipeline"
_SVC_DEFAULTS = {
    "C": "1.0", "kernel": '"rbf"', "gamma": '"auto"', "degree": "3", "coef0": "0.0",
    "class_weight": "null", "tol": "0.001", "shrinking": "true", "probability": "false",
    "max_iter": "-1", "random_state": "null", "cache_size": "200", "verbose": "false",
    "decision_function_shape": '"ovr"',
}  # fmt: skip
_FOREST_DEFAULTS = {
    "n_estimators": "100", "max_features": '"auto"', "min_samples_leaf": "1",
    "min_samples_split": "2", "bootstrap": "true", "criterion": '"gini"', "class_weight": "null",
    "max_depth": "null", "max_leaf_nodes": "null", "min_weight_fraction_leaf": "0.0",
    "min_impurity_decrease": "0.0", "n_jobs": "1", "random_state": "null", "verbose": "0",
    "oob_score": "false", "warm_start": "false",
}  # fmt: skip


def make_world(
    n_tasks: int = 5,
    n_setups: int = 40,
    *,
    share: float = 1.0,
    seed: int = 0,
    functions: Sequence[str] = FUNCTIONS[:1],
    first_run: int = 1000,
    hidden: float = 0.0,
) -> World:
    """Return a world with three flows, `n_setups` each, run on a share of the tasks.

    Besides, a share of `hidden` runs is pending, failed, or could not be evaluated.
    """
    rng = np.random.default_rng(seed)
    world = World()
    for i in range(n_tasks):
        world.tasks[31 + 3 * i] = {
            "data": 100 + i, "name": f"data {i} <&> \u00e9", "rows": 500 + i, "columns": 11 + i,
            "classes": 2 + i % 3, "type": 1,
        }  # fmt: skip
    world.suites[99] = sorted(world.tasks)
    world.flows[10] = _pipeline(10, SVC, 11, _SVC_DEFAULTS)
    world.flows[20] = _pipeline(20, FOREST, 21, _FOREST_DEFAULTS)
    world.flows[30] = Flow(30, "mlr.classif.rpart", "R_3.4", (), {30: {"cp": "0.01"}})
    setup = 500
    for flow, draw in ((10, _svc), (20, _forest), (30, _rpart)):
        for _ in range(n_setups):
            world.setups[setup] = (flow, draw(rng))
            setup += 1
    run = first_run
    for task in world.tasks:
        for number in world.setups:
            if rng.random() <= share:
                values = {f: repr(float(rng.uniform(0.3, 1.0))) for f in functions}
                world.add_run(run, task, number, values)
                run += 1 + int(rng.integers(3))
                if hidden and rng.random() < hidden:
                    world.add_hidden_run(run, task, number, int(rng.integers(3)))
                    run += 1 + int(rng.integers(3))
    return world


def _pipeline(flow: int, learner: str, inner: int, defaults: dict[str, str]) -> Flow:
    reference = {"oml-python:serialized_object": "component_reference", "value": {"key": "x"}}
    return Flow(
        flow, f"{PIPELINE}(imp={IMPUTER},est={learner})", "openml==0.10.2,sklearn==0.20.0",
        (("imp", IMPUTER, 9), ("est", learner, inner)),
        {flow: {"steps": json.dumps([reference]), "memory": "null"},
         9: {"strategy": '"mean"', "axis": "0", "copy": "true"}, inner: defaults},
    )  # fmt: skip


def _svc(rng: np.random.Generator) -> dict[int, dict[str, str]]:
    values = {"C": repr(float(2.0 ** rng.uniform(-5, 9))), "random_state": str(rng.integers(999)),
              "gamma": repr(float(2.0 ** rng.uniform(-14, 2)))}  # fmt: skip
    return {10: {}, 9: {"strategy": '"median"'}, 11: {**_SVC_DEFAULTS, **values}}


def _forest(rng: np.random.Generator) -> dict[int, dict[str, str]]:
    values = {
        "max_features": repr(float(rng.uniform(0.1, 0.9))),
        "min_samples_leaf": str(rng.integers(1, 20)),
        "bootstrap": ("true", "false")[rng.integers(2)], "random_state": str(rng.integers(999)),
    }  # fmt: skip
    return {20: {}, 9: {"strategy": '"mean"'}, 21: {**_FOREST_DEFAULTS, **values}}


def _rpart(rng: np.random.Generator) -> dict[int, dict[str, str]]:
    return {30: {"cp": repr(float(2.0 ** rng.uniform(-10, 0))), "minsplit": str(rng.integers(60))}}
