"""Bayesian optimization finds known optima, cold, mixed and conditional."""

import ConfigSpace as CS
import numpy as np
import pytest
from ConfigSpace import EqualsCondition

from metalearn import optimizers
from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.errors import SpaceExhaustedError


def box(n_axes):
    return Space("box", CS.ConfigurationSpace({f"x{i}": (0.0, 1.0) for i in range(n_axes)}))


def mixed():
    space = CS.ConfigurationSpace(
        {"kind": ["a", "b", "c"], "n": (1, 20), "rate": (1e-4, 1.0), "only_b": (0.0, 1.0)}
    )
    space.add(EqualsCondition(space["only_b"], space["kind"], "b"))
    return Space("mixed", space)


def mixed_loss(values):
    loss = {"a": 0.5, "b": 0.0, "c": 1.0}[values["kind"]] + (values["n"] - 7) ** 2 / 50
    return loss + (values["rate"] - 0.3) ** 2 + abs(values.get("only_b", 0.5) - 0.8)


def branin(values):
    a, b = values["x0"] * 15 - 5, values["x1"] * 15
    bowl = (b - 5.1 / (4 * np.pi**2) * a * a + 5 / np.pi * a - 6) ** 2
    return bowl + 10 * (1 - 1 / (8 * np.pi)) * np.cos(a) + 10 - 0.397887


def run(optimizer, loss, n_trials):
    for _ in range(n_trials):
        (trial,) = optimizer.ask()
        optimizer.tell(trial.finished(loss(dict(trial.configuration.hyperparameters))))
    return optimizer.incumbent.loss


def test_branin():
    optimizer = optimizers.get("bayesian")(box(2), rng=np.random.default_rng(0))
    assert run(optimizer, branin, 35) < 0.02


def test_mixed_and_conditional_space():
    optimizer = optimizers.get("bayesian")(mixed(), rng=np.random.default_rng(0))
    assert run(optimizer, mixed_loss, 45) < 0.05
    active = {t.configuration.hyperparameters["kind"]: "only_b" in t.configuration.hyperparameters
              for t in optimizer.trials}  # fmt: skip
    assert active["b"]
    assert not active.get("a", False)


def test_never_asks_twice_in_a_finite_space():
    space = Space("small", CS.ConfigurationSpace({"kind": ["a", "b", "c"], "n": (1, 4)}))
    optimizer = optimizers.get("bayesian")(space, rng=np.random.default_rng(0))
    asked = optimizer.ask(12)
    assert len({trial.configuration for trial in asked}) == 12
    optimizer.tell([trial.finished(0.5) for trial in asked])
    with pytest.raises(SpaceExhaustedError):
        optimizer.ask()


@pytest.mark.parametrize("acquisition", ["ei", "lcb", "thompson"])
def test_acquisitions(acquisition):
    build = optimizers.get("bayesian")
    optimizer = build(box(1), rng=np.random.default_rng(0), acquisition=acquisition)
    assert run(optimizer, lambda v: (v["x0"] - 0.37) ** 2, 20) < 1e-3


def test_per_second_prefers_what_is_quick():
    space = box(1)
    found = {}
    for per_second in (False, True):
        optimizer = optimizers.get("bayesian")(
            space, rng=np.random.default_rng(0), per_second=per_second
        )
        spent = 0.0
        for _ in range(15):
            (trial,) = optimizer.ask()
            x = trial.configuration.hyperparameters["x0"]
            seconds = float(np.exp(6 * x))
            spent += seconds
            optimizer.tell(trial.finished(np.cos(6 * np.pi * x), seconds))
        found[per_second] = spent
    assert found[True] < found[False]


def test_failures_are_avoided():
    optimizer = optimizers.get("bayesian")(box(2), rng=np.random.default_rng(0))
    failed = []
    for _ in range(40):
        (trial,) = optimizer.ask()
        x = trial.configuration.hyperparameters
        failed.append(x["x0"] > 0.5)
        told = trial.failed() if failed[-1] else trial.finished(1.0 - x["x0"] + x["x1"])
        optimizer.tell(told)
    assert optimizer.incumbent.loss < 0.55
    assert np.mean(failed[20:]) < 0.6


def test_chooses_from_a_table(rng):
    X = rng.random((200, 2))
    losses = np.array([branin({"x0": a, "x1": b}) for a, b in X])
    optimizer = optimizers.get("bayesian")(box(2), rng=np.random.default_rng(0))
    left = np.arange(200)
    for _ in range(30):
        (index,) = optimizer.choose(X[left])
        at = left[index]
        left = np.delete(left, index)
        (configuration,) = optimizer.space.decode(X[at : at + 1])
        optimizer.tell(Trial(configuration).finished(losses[at]))
    assert (losses < optimizer.incumbent.loss).sum() <= 2
