"""What the multi-fidelity optimizers ask for, rung by rung."""

import numpy as np

from metalearn.core.trial import Trial
from metalearn.optimizers.asha import ASHA
from metalearn.optimizers.hyperband import Hyperband
from metalearn.testing.functions import FUNCTIONS

BRANIN = FUNCTIONS["branin"]


def told(trials: list[Trial]) -> list[Trial]:
    return [trial.finished(BRANIN.loss(trial.configuration)) for trial in trials]


def test_hyperband_promotes_the_best_third(rng: np.random.Generator) -> None:
    optimizer = Hyperband(BRANIN.space, rng=rng, b_min=1 / 27)
    first = told(optimizer.ask(27))
    assert {trial.fidelity for trial in first} == {1 / 27}
    optimizer.tell(first)
    second = optimizer.ask(9)
    best = sorted(first, key=lambda trial: trial.loss)[:9]
    assert {t.configuration for t in second} == {t.configuration for t in best}
    assert {round(trial.fidelity, 9) for trial in second} == {round(1 / 9, 9)}


def test_hyperband_opens_the_next_bracket_while_it_waits(rng: np.random.Generator) -> None:
    asked = Hyperband(BRANIN.space, rng=rng, b_min=1 / 27).ask(27 + 12 + 6 + 4)
    fidelities = [round(trial.fidelity * 27) for trial in asked]
    assert fidelities == [1] * 27 + [3] * 12 + [9] * 6 + [27] * 4


def test_failures_are_never_promoted(rng: np.random.Generator) -> None:
    optimizer = Hyperband(BRANIN.space, rng=rng)
    asked = optimizer.ask(9)
    optimizer.tell([*(trial.failed() for trial in asked[:8]), asked[8].finished(1.0)])
    (promoted,) = optimizer.ask(1)
    assert promoted.configuration == asked[8].configuration


def test_asha_promotes_as_soon_as_it_can(rng: np.random.Generator) -> None:
    optimizer = ASHA(BRANIN.space, rng=rng)
    first = told(optimizer.ask(3))
    assert {trial.fidelity for trial in first} == {1 / 9}
    optimizer.tell(first)
    promoted, new = optimizer.ask(2)
    assert promoted.configuration == min(first, key=lambda trial: trial.loss).configuration
    assert (round(promoted.fidelity, 9), new.fidelity) == (round(1 / 3, 9), 1 / 9)
