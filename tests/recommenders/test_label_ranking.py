from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metalearn.core import MetaDataset, TargetTask
from metalearn.errors import InputError
from metalearn.recommenders.average_rank import AverageRank
from metalearn.recommenders.label_ranking import LabelRanking, PairwiseRanking
from metalearn.recommenders.learned_similarity import LearnedSimilarity
from metalearn.testing.worlds import clusters, regret_after


def test_without_knowledge_label_ranking_is_the_average_rank(rng: np.random.Generator) -> None:
    world = clusters(rng)
    ours = LabelRanking().fit(world.meta, rng).score(TargetTask())
    theirs = AverageRank().fit(world.meta, rng).score(TargetTask())
    np.testing.assert_array_equal(np.argsort(ours), np.argsort(theirs))


def test_only_orders_count(rng: np.random.Generator) -> None:
    world = clusters(rng)
    bent = replace(world.meta, losses=world.meta.losses**3)
    seen = np.array([3, 8, 1])
    losses = world.target_losses[0, seen]
    plain = (
        LabelRanking()
        .fit(world.meta, rng)
        .score(TargetTask(world.target_meta_features[0], seen, losses))
    )
    after = (
        LabelRanking()
        .fit(bent, rng)
        .score(TargetTask(world.target_meta_features[0], seen, np.exp(losses)))
    )
    np.testing.assert_array_equal(plain, after)


def test_tasks_of_the_same_kind_count_more(rng: np.random.Generator) -> None:
    world = clusters(rng, n_tasks=200)
    ranker = LabelRanking().fit(world.meta, rng)
    kind = np.arange(200) % 4
    seen = np.arange(12)
    for t, losses in enumerate(world.target_losses):
        zero_shot = ranker.task_weights(TargetTask(world.target_meta_features[t]))
        told = ranker.task_weights(TargetTask(world.target_meta_features[t], seen, losses[seen]))
        assert zero_shot[kind == world.best[t]].sum() > 0.25
        assert told[kind == world.best[t]].sum() > max(0.5, zero_shot[kind == world.best[t]].sum())


def test_evaluations_tell_the_kind_of_task(rng: np.random.Generator) -> None:
    world = clusters(rng, informative=False)
    assert regret_after(world, LearnedSimilarity().fit(world.meta, rng), 8).mean() < 0.05


def test_learned_similarity_knows_the_kind_from_meta_features(rng: np.random.Generator) -> None:
    world = clusters(rng, n_tasks=100)
    assert regret_after(world, LearnedSimilarity().fit(world.meta, rng), 2).mean() < 0.1


def test_pairwise_votes_follow_meta_features(rng: np.random.Generator) -> None:
    world = clusters(rng, n_tasks=120, n_clusters=2)
    ranker = PairwiseRanking().fit(world.meta, rng)
    assert regret_after(world, ranker, 1).mean() < 0.1
    noise = clusters(rng, n_tasks=120, n_clusters=2, informative=False)
    assert regret_after(noise, PairwiseRanking().fit(noise.meta, rng), 1).mean() > 0.15


def test_pairwise_says_plainly_that_it_does_not_scale(oboe: MetaDataset) -> None:
    assert "at most 50" in PairwiseRanking.does_not_scale
    with pytest.raises(InputError, match="at most 50 configurations, got 219"):
        PairwiseRanking().fit(oboe, np.random.default_rng(0))
