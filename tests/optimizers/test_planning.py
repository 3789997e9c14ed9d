"""Planning completes children, expands the best, and evaluates the best on all rows."""

from __future__ import annotations

import numpy as np

from metalearn.core.joint_space import JointSpace
from metalearn.core.trial import Trial
from metalearn.learners.joint import named_space
from metalearn.optimizers.planning import Planning

JOINT, _ = named_space(["svc", "decision_tree", "naive_bayes"], "classification")


def played(n: int, **options: float) -> Planning:
    optimizer = Planning(JOINT, rng=np.random.default_rng(0), **options)
    for _ in range(n):
        (trial,) = optimizer.ask()
        is_tree = trial.configuration.algorithm == "decision_tree"
        noise = 0.02 * optimizer.rng.random()
        optimizer.tell(trial.finished((0.2 if is_tree else 0.8) + noise))
    return optimizer


def test_every_algorithm_is_completed_thrice_then_the_best_is_expanded() -> None:
    assert isinstance(JOINT, JointSpace)
    names = [t.configuration.algorithm for t in played(24, fidelity=1.0).trials]
    assert {name: names[:9].count(name) for name in JOINT.algorithms} == dict.fromkeys(
        JOINT.algorithms, 3
    )
    assert set(names[9:]) == {"decision_tree"}


def test_every_third_trial_selects_among_the_best_on_all_rows() -> None:
    trials = played(30).trials
    full = [i for i, t in enumerate(trials) if t.fidelity == 1.0]
    assert 5 <= len(full) <= 10
    assert all(i % 3 == 2 for i in full)
    for i in full:
        before = [t for t in trials[:i] if t.fidelity < 1.0]
        lowest, highest = (f(t.loss for t in before) for f in (min, max))
        chosen = next(t for t in before if t.configuration == trials[i].configuration)
        assert chosen.loss <= lowest + 0.03 * (highest - lowest)


def test_a_failure_is_the_worst_completion() -> None:
    optimizer = Planning(JOINT, rng=np.random.default_rng(0), fidelity=1.0)
    for _ in range(20):
        (trial,) = optimizer.ask()
        if trial.configuration.algorithm == "svc":
            optimizer.tell(trial.finished(0.9))
        else:
            optimizer.tell(trial.failed())
    names = [t.configuration.algorithm for t in optimizer.trials]
    assert set(names[9:]) == {"svc"}


def test_rows_of_a_table_are_chosen_by_the_same_rule() -> None:
    optimizer = Planning(JOINT, rng=np.random.default_rng(0))
    X = JOINT.encode(JOINT.sample(60, np.random.default_rng(1)))
    left, names = list(range(len(X))), []
    for _ in range(12):
        row = left.pop(int(optimizer.choose(X[left])[0]))
        (configuration,) = JOINT.decode(X[[row]])
        names.append(configuration.algorithm)
        loss = 0.2 if configuration.algorithm == "decision_tree" else 0.8
        optimizer.tell(Trial(configuration).finished(loss))
    assert {name: names[:9].count(name) for name in JOINT.algorithms} == dict.fromkeys(
        JOINT.algorithms, 3
    )
    assert set(names[9:]) == {"decision_tree"}
