"""ParEGO and NSGA-II on several objectives: planted fronts, failures, batches, saved states."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.core.trial import Trial
from metalearn.errors import InputError
from metalearn.numerics.search.pareto import undominated
from metalearn.optimizers import get
from metalearn.optimizers.nsga2 import NSGA2
from metalearn.optimizers.objectives import objective_losses
from metalearn.optimizers.parego import ParEGO
from metalearn.testing.several_objectives import SEVERAL, play_several

ZDT1 = SEVERAL["zdt1"]
BOTH = pytest.mark.parametrize("name", ["parego", "nsga-ii"])


def worst_of_first(trials: list[Trial], n: int) -> np.ndarray:
    return np.maximum(1.1 * objective_losses(trials[:n]).max(axis=0), 1.0)


def test_parego_comes_near_the_front_of_zdt1() -> None:
    done = play_several(ParEGO(ZDT1.space(3), rng=np.random.default_rng(0)), 24, ZDT1)
    drawn = play_several(get("random")(ZDT1.space(3), rng=np.random.default_rng(0)), 48, ZDT1)
    reference = worst_of_first(done, 4)
    assert ZDT1.share(done, reference) > 0.95
    assert ZDT1.share(done, reference) > ZDT1.share(drawn, reference)
    front = objective_losses(done)[undominated(objective_losses(done))]
    assert len(front) >= 5
    assert np.ptp(front[:, 0]) > 0.5  # not one end only


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("name", ["zdt1", "zdt2"])
def test_parego_within_three_percent_after_a_hundred(name: str, seed: int) -> None:
    function = SEVERAL[name]
    done = play_several(ParEGO(function.space(6), rng=np.random.default_rng(seed)), 100, function)
    assert function.share(done, worst_of_first(done, 7)) > 0.97


@pytest.mark.slow
@pytest.mark.parametrize("name", ["zdt1", "dtlz2"])
def test_nsga2_converges(name: str) -> None:
    function = SEVERAL[name]
    done = play_several(NSGA2(function.space(4), rng=np.random.default_rng(0)), 800, function)
    assert function.share(done, np.full(function.n_objectives, 1.5)) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("name", ["zdt1", "zdt2", "dtlz2"])
def test_nsga2_is_not_behind_that_of_optuna(name: str) -> None:
    optuna = pytest.importorskip("optuna")
    function = SEVERAL[name]
    done = play_several(NSGA2(function.space(4), rng=np.random.default_rng(0)), 800, function)
    study = optuna.create_study(
        directions=["minimize"] * function.n_objectives,
        sampler=optuna.samplers.NSGAIISampler(seed=0),
    )
    study.optimize(
        lambda t: tuple(function.of(np.array([t.suggest_float(f"x{i}", 0, 1) for i in range(4)]))),
        n_trials=800,
    )
    theirs = [
        Trial(done[0].configuration).finished(
            t.values[0], losses={f"f{i + 1}": v for i, v in enumerate(t.values)}
        )
        for t in study.trials
    ]
    reference = np.full(function.n_objectives, 1.5)
    assert function.share(done, reference) > function.share(theirs, reference) - 0.01


def test_nsga2_is_ahead_of_chance() -> None:
    rng = np.random.default_rng
    done = play_several(NSGA2(ZDT1.space(6), rng=rng(0)), 200, ZDT1)
    drawn = play_several(get("random")(ZDT1.space(6), rng=rng(0)), 400, ZDT1)
    reference = np.array([1.0, 6.0])
    assert ZDT1.share(done, reference) > ZDT1.share(drawn, reference) + 0.1


def test_parallel_proposals_take_different_weights() -> None:
    optimizer = ParEGO(ZDT1.space(2), rng=np.random.default_rng(1))
    play_several(optimizer, 4, ZDT1)
    seen = []
    for _ in range(11):
        optimizer.ask()
        seen.append(tuple(optimizer._weights))
    assert len(set(seen)) == 11


@BOTH
def test_failures_are_the_worst_of_each_objective(name: str) -> None:
    """Half of the cube fails; the search goes to the other half."""
    optimizer = get(name)(ZDT1.space(2), rng=np.random.default_rng(0))
    late = []
    for i in range(30 if name == "parego" else 80):
        (trial,) = optimizer.ask()
        losses = ZDT1.losses(trial.configuration)
        has_failed = trial.configuration.hyperparameters["x1"] < 0.3
        optimizer.tell(
            trial.failed() if has_failed else trial.finished(losses["f1"], losses=losses)
        )
        late += [has_failed] if i >= 15 else []
    assert np.mean(late) < 0.5


@BOTH
def test_resumes_exactly(name: str) -> None:
    straight = get(name)(ZDT1.space(3), rng=np.random.default_rng(3))
    play_several(straight, 22, ZDT1)
    resumed = get(name)(ZDT1.space(3), rng=np.random.default_rng(9))
    resumed.restore(straight.to_json())  # type: ignore[attr-defined]
    first, second = (play_several(optimizer, 4, ZDT1) for optimizer in (straight, resumed))
    assert first == second
    assert first[0].losses


@BOTH
def test_observations_of_one_loss_do_not_disturb(name: str) -> None:
    space = ZDT1.space(2)
    optimizer = get(name)(space, rng=np.random.default_rng(3))
    optimizer.tell([Trial(c).finished(0.0) for c in space.sample(3, np.random.default_rng(0))])
    assert len(play_several(optimizer, 25, ZDT1)) == 25


def test_parego_leaves_out_trials_of_one_loss_but_not_failed_ones() -> None:
    optimizer = ParEGO(ZDT1.space(3), rng=np.random.default_rng(0))
    configurations = optimizer.space.sample(4, np.random.default_rng(1))
    both = [Trial(c).finished(0.2, losses={"a": 0.2, "b": 0.9}) for c in configurations[:2]]
    optimizer.tell(
        [*both, Trial(configurations[2]).finished(0.1), Trial(configurations[3]).failed()]
    )
    seen = optimizer._seen()
    expected = optimizer.space.encode([*configurations[:2], configurations[3]])
    np.testing.assert_allclose(seen.X, expected)
    assert seen.y[2] == seen.y.max()


@pytest.mark.parametrize("name", ["parego", "nsga-ii", "random"])
def test_refuses_trials_of_other_objectives(name: str) -> None:
    optimizer = get(name)(ZDT1.space(2), rng=np.random.default_rng(3))
    first, second = optimizer.ask(2)
    optimizer.tell(first.finished(1.0, losses={"loss": 1.0, "seconds": 2.0}))
    with pytest.raises(InputError, match="same objectives"):
        optimizer.tell(second.finished(1.0, losses={"loss": 1.0, "size": 2.0}))
    optimizer.tell(second.finished(1.0, losses={"loss": 1.0, "seconds": 3.0}))
    assert len(optimizer.trials) == 2  # type: ignore[attr-defined]
    assert len(optimizer.ask(2)) == 2


def test_an_infinite_objective_is_a_failure() -> None:
    (trial,) = get("random")(ZDT1.space(2), rng=np.random.default_rng(3)).ask()
    assert trial.finished(1.0, losses={"a": 1.0, "b": float("inf")}).status == "failed"
