"""The initial design, asked one by one: what the first answers say decides what is next."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metalearn.core.trial import Trial
from metalearn.optimizers import get, names
from metalearn.testing.two_kinds import kind_loss, two_kinds

WARM = two_kinds()
ON_FEW_ROWS = ("hyperband", "bohb", "asha", "asha-evolution", "planning")
OWN_DESIGN = ("recurrent",)
SEQUENTIAL = [name for name in names() if name not in (*ON_FEW_ROWS, *OWN_DESIGN)]
"""Optimizers that ask for the whole initial design, at full fidelity."""


def large(configuration):
    return configuration.hyperparameters["C"] > 10


def told(configurations, kind):
    return [Trial(c).finished(kind_loss(c, kind)) for c in configurations]


def test_the_list_begins_with_what_most_known_tasks_like():
    assert not large(WARM.configurations[0])
    assert WARM.next_of_design([]) == WARM.configurations[0]


@pytest.mark.parametrize("kind", ["small", "large"])
def test_the_answers_decide_what_is_next(kind):
    trials = []
    while (asked := WARM.next_of_design(trials)) is not None:
        trials += told([asked], kind)
    assert len(trials) == len(WARM.configurations)
    assert [large(t.configuration) for t in trials[3:]] == [kind == "large"] * 3


def test_nothing_is_asked_for_twice():
    trials, pending = told(WARM.configurations[:2], "large"), []
    for _ in range(4):
        pending.append(WARM.next_of_design(trials, pending))
    assert len({*pending, *(t.configuration for t in trials)}) == 6
    assert WARM.next_of_design(trials, pending) is None


def test_before_any_answer_the_list_counts():
    first, second = WARM.configurations[:2]
    assert WARM.next_of_design([], [first]) == second
    assert WARM.next_of_design([Trial(first).failed()]) == second


def test_observations_are_answers_but_no_part_of_the_design():
    seen = tuple(told(WARM.configurations[:1], "large"))
    warm = replace(WARM, observations=seen)
    asked = warm.next_of_design(seen)
    assert asked is not None
    assert asked != seen[0].configuration
    trials = list(seen)
    for _ in range(6):
        trials += told([warm.next_of_design(trials)], "large")
    assert warm.next_of_design(trials) is None


def test_trials_that_nobody_knows_tell_nothing_but_are_kept():
    strange = WARM.space.configuration({"C": 3.21, "kernel": "rbf", "gamma": 1.0})
    listed = WARM.ranking.order([Trial(strange).finished(0.0)])
    assert listed == WARM.ranking.order([])
    low = Trial(WARM.configurations[0], fidelity=0.5).finished(0.0)
    assert WARM.ranking.order([low]) == WARM.ranking.order([])[1:]


def test_another_space_leaves_out_what_has_no_place():
    mapped = WARM.ranking.mapped(lambda c: c if large(c) else None)
    assert all(large(c) for c in mapped.order([]))
    assert len(mapped.order([])) < len(WARM.ranking.order([]))


def test_predicted_losses_are_nothing_to_follow():
    known = replace(WARM, ranking=None)
    trials = told(WARM.configurations[:1], "large")
    assert known.next_of_design(trials) == WARM.configurations[1]


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_every_optimizer_follows_the_answers(name):
    optimizer = get(name)(WARM.space, initial=WARM, rng=np.random.default_rng(0))
    trials = []
    for _ in range(6):
        (asked,) = optimizer.ask()
        assert asked.configuration == WARM.next_of_design(trials)
        trials.append(asked.finished(kind_loss(asked.configuration, "large")))
        optimizer.tell(trials[-1])
    (asked,) = optimizer.ask()
    assert asked.configuration not in [t.configuration for t in trials]


def test_a_table_is_asked_for_rows_that_it_has():
    known = WARM.ranking.order([])
    rows = WARM.space.encode([c for c in known if c != WARM.configurations[0]])
    optimizer = get("bayesian")(WARM.space, initial=WARM, rng=np.random.default_rng(0))
    chosen = []
    for _ in range(4):
        left = np.setdiff1d(np.arange(len(rows)), chosen)
        chosen.append(int(left[optimizer.choose(rows[left])[0]]))
        (configuration,) = WARM.space.decode(rows[[chosen[-1]]])
        optimizer.tell(told([configuration], "large"))
    assert len(set(chosen)) == 4
    assert large(WARM.space.decode(rows[[chosen[-1]]])[0])


@pytest.mark.parametrize("name", ["bayesian", "random", "evolution"])
def test_a_search_that_stops_within_the_design_resumes_exactly(name):
    straight = get(name)(WARM.space, initial=WARM, rng=np.random.default_rng(0))
    for _ in range(3):
        (asked,) = straight.ask()
        straight.tell(asked.finished(kind_loss(asked.configuration, "large")))
    hanging = straight.ask(2)
    resumed = get(name)(WARM.space, initial=WARM, rng=np.random.default_rng(9))
    resumed.restore(straight.to_json())
    found = []
    for optimizer in (straight, resumed):
        optimizer.tell([t.finished(kind_loss(t.configuration, "large")) for t in hanging])
        found.append([trial.configuration for trial in optimizer.ask(3)])
    assert found[0] == found[1]


def test_a_batch_is_spread():
    optimizer = get("bayesian")(WARM.space, initial=WARM, rng=np.random.default_rng(0))
    optimizer.tell(told(WARM.configurations[:1], "large"))
    batch = [trial.configuration for trial in optimizer.ask(4)]
    assert len(set(batch)) == 4
    assert all(c in WARM.ranking.order([]) for c in batch)
