"""The share of an own smooth surface follows from what it would have predicted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metalearn.core import Configuration, MetaDataset, Task, metric_named
from metalearn.core.arrays import Floats
from metalearn.recommenders.loss_scale import loss_scale
from metalearn.recommenders.mixture_weights import SharedMixture, mixture_weights
from metalearn.recommenders.prepared_meta import prepared_meta


def table(losses: Floats, x: Floats) -> MetaDataset:
    return MetaDataset(
        metric_named("balanced_error_rate"),
        tuple(Task(f"t{i:03d}", f"t{i}") for i in range(len(losses))),
        tuple(Configuration("svc", {"x": float(v)}) for v in x),
        losses,
    )


def shared(meta: MetaDataset) -> tuple[SharedMixture, ...]:
    known = prepared_meta(meta, "test")
    scale = loss_scale(meta.metric, known.losses)
    return mixture_weights(meta, known, scale, np.random.default_rng(0))


@pytest.fixture
def x() -> Floats:
    return np.random.default_rng(0).random(40)


def own_surfaces(x: Floats) -> MetaDataset:
    """Return tasks whose optimum lies anywhere: what one says tells nothing about another."""
    rng = np.random.default_rng(1)
    best, width = rng.random((60, 1)), 0.03 + 0.04 * rng.random((60, 1))
    return table(0.5 - 0.4 * np.exp(-0.5 * ((x - best) / width) ** 2), x)


def patterns(x: Floats) -> MetaDataset:
    """Return tasks that are sums of three patterns which hyperparameters do not explain."""
    rng = np.random.default_rng(1)
    losses = rng.normal(size=(60, 3)) @ rng.normal(size=(3, len(x)))
    return table(0.5 + losses / 40.0, x)


def share_of_own(mixtures: tuple[SharedMixture, ...]) -> float:
    return mixtures[4].later if len(mixtures) > 4 else 0.0


def test_shares_sum_to_one(x: Floats) -> None:
    for world in (own_surfaces(x), patterns(x)):
        for n_observed in (1, 4, 5, 100):
            assert sum(m.share(n_observed) for m in shared(world)) == pytest.approx(1.0)


def test_the_wide_level_has_no_share_before_five_evaluations(x: Floats) -> None:
    near, near_wide, far, far_wide = shared(patterns(x))[:4]
    assert near.mixture.level == far.mixture.level < near_wide.mixture.level
    assert near_wide.mixture.level == far_wide.mixture.level
    assert near_wide.share(4) == far_wide.share(4) == 0.0
    assert near.share(4) == far.share(4) == 2 * near.share(5) == 2 * near_wide.share(5)


def test_own_surfaces_have_a_share_where_other_tasks_tell_nothing(x: Floats) -> None:
    own, other = (share_of_own(shared(world)) for world in (own_surfaces(x), patterns(x)))
    assert own > 0.3
    assert other < 0.1


def test_one_task_or_near_duplicates_alone_give_no_evidence(x: Floats) -> None:
    world = own_surfaces(x)
    assert len(shared(world.take([0]))) == 4
    assert len(shared(replace(world, groups=np.zeros(60, dtype=np.int64)))) == 4


def test_order_of_tasks_and_holes(x: Floats) -> None:
    world = own_surfaces(x)
    turned = world.take(np.arange(60)[::-1])
    assert shared(turned)[-1].later == pytest.approx(shared(world)[-1].later)
    losses = np.where(
        np.random.default_rng(2).random(world.losses.shape) < 0.6, np.nan, world.losses
    )
    assert len(shared(replace(world, losses=losses))) in (4, 5)
