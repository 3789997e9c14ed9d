"""A population: rounds, copies of the best, perturbations, failures, lineage."""

from __future__ import annotations

import numpy as np
import pytest
from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer

from metalearn.core.space import Space
from metalearn.core.trial import Trial
from metalearn.errors import InputError, SpaceExhaustedError
from metalearn.optimizers.population import Population, lineage_of


def space() -> Space:
    config_space = ConfigurationSpace()
    config_space.add(
        Float("rate", (1e-4, 1.0), log=True), Integer("size", (4, 100)),
        Categorical("kind", ["a", "b"]),
    )  # fmt: skip
    return Space("planted", config_space)


def rate(trial: Trial) -> float:
    return float(trial.configuration.hyperparameters["rate"])


def played(population: Population, n_rounds: int) -> list[Trial]:
    """The loss is the distance of the logarithm of the rate from that of 0.01."""
    for _ in range(n_rounds):
        for trial in population.ask(100):
            population.tell(trial.finished(abs(np.log(rate(trial) / 0.01))))
    return population.trials


def test_rounds_continue_models_and_replace_the_worst() -> None:
    population = Population(space(), rng=np.random.default_rng(0), n_members=10, n_rounds=4)
    played(population, 2)
    first, second = population.trials[:10], population.trials[10:]
    assert {trial.fidelity for trial in second} == {0.5}
    assert all(trial.parent is None for trial in first)
    ranked = sorted(first, key=lambda trial: trial.loss)
    best, worst = ({t.number for t in part} for part in (ranked[:2], ranked[-2:]))
    parents = [trial.parent for trial in second]
    assert not worst & set(parents)
    moved = [t for i, t in enumerate(second) if t.parent != first[i].number]
    assert len(moved) == 2
    assert {trial.parent for trial in moved} <= best
    for trial in moved:
        factor = rate(trial) / rate(first[trial.parent or 0])
        assert factor == pytest.approx(0.8) or factor == pytest.approx(1.2)


def test_the_population_moves_to_the_planted_rate() -> None:
    population = Population(space(), rng=np.random.default_rng(0), n_members=10, n_rounds=25)
    trials = played(population, 25)
    assert np.median([t.loss for t in trials[-10:]]) < 0.3 * np.median(
        [t.loss for t in trials[:10]]
    )
    path = lineage_of(trials, trials[-1])
    assert len(path) == 25
    assert [t.parent for t in path[1:]] == [t.number for t in path[:-1]]
    with pytest.raises(SpaceExhaustedError):
        population.ask()


def test_only_mutable_hyperparameters_change_and_stay_in_their_range() -> None:
    population = Population(space(), rng=np.random.default_rng(0), n_members=4, mutable=["rate"])
    (start,) = space().sample(1, np.random.default_rng(1))
    moved = start
    for _ in range(100):
        moved = population.explored(moved)
    assert moved.hyperparameters["size"] == start.hyperparameters["size"]
    assert moved.hyperparameters["kind"] == start.hyperparameters["kind"]
    assert 1e-4 <= moved.hyperparameters["rate"] <= 1.0
    space().encode([moved])


def test_failed_members_are_replaced() -> None:
    population = Population(space(), rng=np.random.default_rng(0), n_members=5, n_rounds=3)
    for trial in population.ask(5):
        population.tell(trial.failed() if trial.number != 3 else trial.finished(1.0))
    second = population.ask(5)
    assert {trial.parent for trial in second} == {3}
    population.tell([trial.failed() for trial in second])
    assert {trial.parent for trial in population.ask(5)} == {None}


def test_misuse_is_refused() -> None:
    with pytest.raises(InputError, match="at least 2 members"):
        Population(space(), rng=np.random.default_rng(0), n_members=1)
    with pytest.raises(InputError, match="which the space lacks"):
        Population(space(), rng=np.random.default_rng(0), mutable=["rat"])
    population = Population(space(), rng=np.random.default_rng(0), n_members=2)
    trials = population.ask(2)
    with pytest.raises(InputError, match="pending"):
        population.ask()
    with pytest.raises(InputError, match="finished trials"):
        population.tell(trials[0])
    population.tell(trials[0].finished(1.0))
    with pytest.raises(InputError, match="finished trials"):
        population.tell(trials[0].finished(1.0))
