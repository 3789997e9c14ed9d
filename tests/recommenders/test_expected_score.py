"""Expected losses: planted levels, intervals, and independence of the unit of the loss."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from metalearn.core import Configuration, MetaDataset, Metric, TargetTask, Task
from metalearn.recommenders.expected_score import Expectation, expected_score
from metalearn.recommenders.forest_portfolio import forest_proximity
from metalearn.recommenders.prepared_meta import prepared_meta

COST = Metric("cost", False, 0.0, None)
FEATURES = np.random.default_rng(1).normal(size=(41, 2))
CLEAN = 5.0 + FEATURES[:, :1] + np.array([0.0, 1.0, 2.0, 3.0]) + 0.2 * FEATURES[:, 1:]
NOISE = 0.1 * np.random.default_rng(2).normal(size=CLEAN.shape)
LOSSES = CLEAN + NOISE


def meta(losses):
    return MetaDataset(
        COST,
        tuple(Task(str(i), str(i)) for i in range(len(losses))),
        tuple(Configuration("a", {"x": float(j)}) for j in range(losses.shape[1])),
        losses,
        meta_features=FEATURES[: len(losses)],
        meta_feature_names=("level", "other"),
    )


@cache
def proximity(n_tasks):
    """Forests are grown on normalized regret: one fits losses in all units."""
    known = meta(LOSSES[:n_tasks])
    return forest_proximity(known, prepared_meta(known, "test"), np.random.default_rng(0))


def found(losses, seen=()) -> Expectation:
    """Fit on all tasks but the last, and predict that one."""
    target = TargetTask(
        FEATURES[40], np.array([*range(len(seen))], dtype=np.int64), np.array(seen)
    )
    known = meta(losses[:40])
    model = expected_score(known, np.random.default_rng(0), proximity(known.n_tasks))
    return model.predict(target)


def test_the_planted_losses_lie_inside():
    expected = found(LOSSES)
    assert (np.diff(expected.mean) > 0.5).all()
    assert ((expected.low < CLEAN[40]) & (CLEAN[40] < expected.high)).all()
    surprised = found(LOSSES, [LOSSES[40, 0] + 2.0])
    assert (surprised.mean > expected.mean + 0.5).all()
    assert (surprised.high - surprised.low < expected.high - expected.low).all()


@pytest.mark.parametrize("share", [0.0, 0.4])
@pytest.mark.parametrize("seen", [(), (1.3,), (-0.2, 40.0)])
@pytest.mark.parametrize("unit", [1e-300, 1e-150, 1e-12, 1e-5, 1e5, 1e150, 1e300])
def test_the_unit_of_the_loss_does_not_matter(unit, seen, share):
    losses = np.where(np.random.default_rng(3).random(LOSSES.shape) < share, np.nan, LOSSES)
    plain = found(losses, seen)
    scaled = found(unit * losses, [unit * loss for loss in seen])
    np.testing.assert_allclose(scaled.task_weights, plain.task_weights)
    for end in ("mean", "low", "high"):
        np.testing.assert_allclose(getattr(scaled, end) / unit, getattr(plain, end), atol=1e-6)


@pytest.mark.parametrize("offset", [-1e6, -3.0, 1e6])
def test_the_offset_of_the_loss_does_not_matter(offset):
    plain, moved = found(LOSSES, [6.0]), found(LOSSES + offset, [6.0 + offset])
    for end in ("mean", "low", "high"):
        np.testing.assert_allclose(getattr(moved, end) - offset, getattr(plain, end), atol=1e-6)


@pytest.mark.parametrize("unit", [1e-300, 1.0, 1e300])
def test_a_few_losses_among_equal_ones_are_no_outliers(unit):
    losses = np.zeros((40, 4))
    losses[:8] = [1.0, 2.0, 3.0, 4.0]  # the quartiles coincide: no fence
    mean = found(unit * losses).mean / unit
    assert (np.diff(mean) > 0.0).all()
    assert mean[3] > 0.1


@pytest.mark.parametrize("value", [0.0, 1e-300, -3.0, 1e300])
@pytest.mark.parametrize("n_tasks", [1, 2, 40])
def test_equal_losses_are_expected_again(value, n_tasks):
    expected = found(np.full((n_tasks, 4), value))
    np.testing.assert_allclose(expected.mean, value)
    assert (expected.low <= expected.high).all()
    assert np.isfinite(expected.high - expected.low).all()


@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_with_a_forest_of_its_own(unit):
    plain, scaled = (
        expected_score(meta(u * LOSSES[:40]), np.random.default_rng(0)) for u in (1.0, unit)
    )
    target = TargetTask(FEATURES[40])
    np.testing.assert_allclose(scaled.predict(target).mean / unit, plain.predict(target).mean)


def test_without_any_loss_nothing_is_expected():
    nothing = replace(meta(LOSSES[:40]), losses=np.full((40, 4), np.nan))
    model = expected_score(nothing, np.random.default_rng(0))
    assert np.isnan(model.predict(TargetTask(FEATURES[40])).mean).all()


def test_the_configurations_expected_to_be_the_best_have_errors_of_their_own():
    """They are excellent and rarely fail, unlike the others: errors of all would be too wide."""
    rng = np.random.default_rng(0)
    n_tasks, n, n_best = 200, 100, 5
    features = rng.normal(size=(n_tasks, 2))
    losses = 11.0 + rng.normal(size=(n_tasks, 1)) + 0.3 * rng.normal(size=(n_tasks, n))
    fails = rng.random((n_tasks, n_best)) < 0.15
    shape = fails.shape
    losses[:, :n_best] = 8.0 + np.where(
        fails, rng.exponential(6.0, shape), rng.normal(0.0, 0.05, shape)
    )
    known = MetaDataset(
        COST,
        tuple(Task(str(i), str(i)) for i in range(100)),
        tuple(Configuration("a", {"x": float(j)}) for j in range(n)),
        losses[:100],
        meta_features=features[:100],
        meta_feature_names=("a", "b"),
    )
    model = expected_score(known, np.random.default_rng(0))

    def inside(model):
        held = [model.predict(TargetTask(row)) for row in features[100:]]
        true = losses[100:]
        return np.array([(f.low <= t) & (t <= f.high) for f, t in zip(held, true, strict=True)])

    apart, together = inside(model), inside(replace(model, best_errors=model.errors))
    assert 0.75 < apart[:, :n_best].mean() < 0.88 < together[:, :n_best].mean()
    assert 0.7 < apart[:, n_best:].mean() < 0.88


def test_fewer_tasks_make_wider_intervals():
    model = expected_score(meta(LOSSES[:40]), np.random.default_rng(0), proximity(40))
    few = replace(model, levels=model.levels[:5])
    (low, high), (wide_low, wide_high) = model._ends(0.8), few._ends(0.8)
    assert (wide_low <= low).all()
    assert (wide_high >= high).all()


def test_errors_of_some_tasks_give_nearly_the_same_interval(rng, monkeypatch):
    n_tasks = 150
    features = rng.normal(size=(n_tasks, 2))
    losses = 5.0 + features[:, :1] + np.linspace(0.0, 3.0, 30) + 0.3 * rng.normal(size=(150, 30))
    known = replace(meta(LOSSES[:1]), tasks=tuple(Task(str(i), str(i)) for i in range(n_tasks)),
                    configurations=tuple(Configuration("a", {"x": float(j)}) for j in range(30)),
                    losses=losses, runtimes_s=None, failed=None, groups=None,
                    meta_features=features)  # fmt: skip
    prepared = prepared_meta(known, "test")
    near = forest_proximity(known, prepared, np.random.default_rng(0))
    whole = expected_score(known, np.random.default_rng(0), near).predict(TargetTask(features[0]))
    monkeypatch.setattr("metalearn.recommenders.expected_score._MOST_TASKS", 50)
    part = expected_score(known, np.random.default_rng(0), near).predict(TargetTask(features[0]))
    np.testing.assert_array_equal(part.mean, whole.mean)
    ratio = (part.high - part.low) / (whole.high - whole.low)
    assert 0.9 < ratio.min() <= ratio.max() < 1.1
