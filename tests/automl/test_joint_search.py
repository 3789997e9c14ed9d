"""The joint search: new configurations, better than chance on a planted loss, cheap ones first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from metalearn.automl.advice import Advice
from metalearn.automl.joint_search import JointSearch
from metalearn.automl.library import FitTrial, Library
from metalearn.automl.neighbourhood import algorithm_in_turn
from metalearn.core.configuration import Configuration
from metalearn.core.joint_space import JointSpace
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import metric_named
from metalearn.core.task import TargetTask, Task
from metalearn.learners.joint import named_space

NAMES = ("svc", "random_forest", "decision_tree")
KIND = "classification"


def space() -> JointSpace:
    found, _ = named_space(NAMES, KIND)
    assert isinstance(found, JointSpace)
    return found


def loss(c: Configuration) -> float:
    """Best at svc near C = 30; forests are second."""
    if c.algorithm == "svc":
        return 0.2 + 0.03 * abs(float(np.log(c.hyperparameters["C"] / 30.0)))
    return 0.45 if c.algorithm == "random_forest" else 0.6


def trial(c: Configuration, value: float | None = None, **more) -> FitTrial:
    return FitTrial(c, "search", "ok", loss=loss(c) if value is None else value, fit_s=0.2, **more)


def library_of(*trials: FitTrial) -> Library:
    found = Library(None, None)  # type: ignore[arg-type]  # only its trials are used
    found.trials = list(trials)
    return found


class Ranks:
    """A recommender whose tasks have equal weights."""

    def score(self, target):
        return np.arange(float(N_KNOWN))

    def task_weights(self, target):
        return np.full(3, 1 / 3)


N_KNOWN = 30


def advice(seconds: float = 0.1, degenerate: Sequence[int] = ()) -> Advice:
    known = list(dict.fromkeys(space().sample(N_KNOWN, np.random.default_rng(5))))
    losses = np.array([[loss(c) + 0.01 * t for c in known] for t in range(3)])
    tasks = tuple(Task(f"t{t}", f"t{t}", KIND, 100, 5, 2) for t in range(3))
    meta = MetaDataset(metric_named("log_loss"), tasks, tuple(known), losses)
    empty = TargetTask(np.empty(0), np.empty(0, np.int64), np.empty(0))
    fit_s = np.full(len(known), seconds)
    return Advice(meta, Ranks(), empty, fit_s, degenerate=[known[j] for j in degenerate])


def found_by(search, library: Library, n: int, rng: np.random.Generator) -> list[Configuration]:
    asked = []
    for _ in range(n):
        ranked = [t.configuration for t in sorted(library.trials, key=lambda t: t.loss)]
        c = search(ranked, {t.configuration for t in library.trials}, KIND, rng)
        assert c is not None
        asked.append(c)
        library.trials.append(trial(c))
    return asked


@pytest.mark.parametrize("with_advice", [True, False])
def test_it_finds_the_planted_best_and_never_repeats(with_advice: bool) -> None:
    rng = np.random.default_rng(0)
    library = library_of(*map(trial, space().sample(12, rng)))
    told = advice() if with_advice else None
    asked = found_by(JointSearch(library, lambda: told, NAMES), library, 32, rng)
    assert len({t.configuration for t in library.trials}) == 44
    assert sum(c.algorithm == "svc" for c in asked) == 16  # shares 1/1.5, 1/2.5 and 1/3.5
    assert min(map(loss, asked)) < 0.22  # |log(C / 30)| below 2/3, a tenth of the axis of C


def test_a_configuration_is_one_of_its_algorithm() -> None:
    rng = np.random.default_rng(1)
    library = library_of(*map(trial, space().sample(8, rng)))
    for c in found_by(JointSearch(library, advice, NAMES), library, 6, rng):
        part = space().part_of(c.algorithm)
        assert part.configuration(c.hyperparameters).key == c.key


def test_what_is_as_good_and_faster_comes_first() -> None:
    """Forests of equal losses whose seconds grow with the cube of their trees."""
    rng = np.random.default_rng(2)
    joint, _ = named_space(NAMES, KIND)
    forests = [c for c in joint.sample(90, rng) if c.algorithm == "random_forest"]
    trials = []
    for i, c in enumerate(forests):
        seconds = (float(c.hyperparameters["n_estimators"]) / 100.0) ** 3
        trials.append(FitTrial(c, "search", "ok", loss=0.5 + 0.01 * (i % 7), fit_s=seconds))
    library = library_of(*trials)
    search = JointSearch(library, lambda: None, NAMES)
    asked = [search(forests, {*forests}, KIND, rng) for _ in range(5)][::2]  # others are local
    usual = np.median([float(c.hyperparameters["n_estimators"]) for c in forests])
    assert max(float(c.hyperparameters["n_estimators"]) for c in asked) < usual


def test_algorithms_take_turns_by_the_ranks_of_their_best_trials() -> None:
    drawn = {c.algorithm: c for c in space().sample(30, np.random.default_rng(7))}
    ranked = [drawn[name] for name in ("random_forest", "svc", "svc", "decision_tree")]
    asked: Counter[str] = Counter()
    for _ in range(143):
        name = algorithm_in_turn(ranked, asked)
        assert name is not None
        asked[name] += 1
    assert asked == {"random_forest": 71, "svc": 42, "decision_tree": 30}  # 1.5 : 2.5 : 3.5
    assert algorithm_in_turn([], asked) is None


def test_several_proposals_without_a_new_trial_differ() -> None:
    rng = np.random.default_rng(3)
    library = library_of(*map(trial, space().sample(10, rng)))
    search = JointSearch(library, advice, NAMES)
    ranked = [t.configuration for t in library.trials]
    known = set(ranked)
    asked = [search(ranked, known, KIND, rng) for _ in range(3)]
    assert len({*asked} - known) == 3


def test_few_or_failed_trials_are_a_local_search() -> None:
    rng = np.random.default_rng(4)
    first, second = space().sample(2, rng)
    library = library_of(trial(first), trial(second))
    search = JointSearch(library, lambda: None, NAMES)
    found = search([first, second], {first, second}, KIND, rng)
    assert found is not None
    assert found.algorithm in {first.algorithm, second.algorithm}
    assert search([], set(), KIND, rng) is None


def test_failures_and_imported_configurations_do_no_harm() -> None:
    rng = np.random.default_rng(5)
    sane = list(map(trial, space().sample(8, rng)))
    beyond = Configuration("svc", {"C": 1e9, "kernel": "linear"})
    other = Configuration("mlp", {"alpha": 1e-4})
    failed = FitTrial(space().sample(1, rng)[0], "search", "failed", "planted")
    library = library_of(*sane, trial(beyond, 0.1), trial(other, 0.1), failed)
    search = JointSearch(library, advice, NAMES)
    ranked = [t.configuration for t in sane]
    found = search(ranked, {t.configuration for t in library.trials}, KIND, rng)
    assert found is not None
    assert found.algorithm in NAMES


def test_partial_trials_are_compared_among_themselves() -> None:
    rng = np.random.default_rng(6)
    drawn = space().sample(14, rng)
    partial = [trial(c, fidelity=1 / 9) for c in drawn[:12]]
    library = library_of(*partial, trial(drawn[12], 0.0), trial(drawn[13], 0.0))
    ranked = [t.configuration for t in partial]
    found = JointSearch(library, advice, NAMES)(ranked, set(drawn), KIND, rng)
    assert found is not None
    assert found not in set(drawn)


def test_the_same_generator_gives_the_same_proposals() -> None:
    def run() -> list[Configuration]:
        rng = np.random.default_rng(7)
        library = library_of(*map(trial, space().sample(9, rng)))
        return found_by(JointSearch(library, advice, NAMES), library, 4, rng)

    assert run() == run()


def test_no_list_of_the_advice_holds_a_degenerate_configuration() -> None:
    everything = advice().order()
    pruned = advice(degenerate=[0, 7])
    assert pruned.order() == [c for j, c in enumerate(everything) if j not in (0, 7)]
    pruned.observe(everything[0], 0.9)  # a result of one still counts
    assert 0 in pruned.target.observed
