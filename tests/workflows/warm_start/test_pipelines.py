"""The initial design of pipelines: recommended ones, frequent operators, and random ones."""

from __future__ import annotations

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import metric_named
from metalearn.core.task import Task
from metalearn.learners import get
from metalearn.pipelines import Gene, Genotype, Grammar, PipelineSpace
from metalearn.workflows.warm_start.pipelines import good_pipelines, pipeline_design

SPACE = PipelineSpace(
    "classification", Grammar("classification", ("pca", "power_transformer"), ("decision_tree",))
)
PCA = Gene.of("pca", {"share": 0.25, "whiten": "yes"})


def stored() -> MetaDataset:
    """Twenty pipelines on three tasks; those with PCA have the lowest losses on the first two."""
    rng = np.random.default_rng(0)
    drawn = list(dict.fromkeys(SPACE.sample(40, rng)))[:18]
    tree = SPACE.genotype(SPACE.default()).model
    planted = [Genotype(e, (PCA,), tree).configuration() for e in ("scaled", "ordinal")]
    losses = rng.uniform(0.5, 1.0, (3, 20))
    losses[:2, 18:] = 0.1
    losses[2, 5:] = np.nan
    losses[2, 3] = 0.0
    tasks = tuple(Task(f"k{i}", f"t{i}", "classification", 100, 5, 2) for i in range(3))
    return MetaDataset(metric_named("accuracy"), tasks, (*drawn, *planted), losses)


def test_good_pipelines_are_the_best_decile_of_every_task() -> None:
    meta = stored()
    found = good_pipelines(meta, SPACE, ())
    assert [g.configuration() for g in found[:4]] == [*meta.configurations[18:]] * 2
    assert [g.configuration() for g in found[4:]] == [meta.configurations[3]]
    assert len(good_pipelines(meta, SPACE, ("t0", "k1"))) == 1


def test_pipelines_of_another_grammar_do_not_count() -> None:
    chains = PipelineSpace("classification", Grammar("classification", (), ("decision_tree",)))
    assert all(not g.steps for g in good_pipelines(stored(), chains, ()))


def test_the_design_has_three_thirds() -> None:
    tree = get("decision_tree").space("classification")
    recommended = [Configuration("dummy", {}), *tree.sample(9, np.random.default_rng(1))]
    good = [Genotype("scaled", (PCA,), SPACE.genotype(SPACE.default()).model)] * 30
    design = pipeline_design(SPACE, 9, recommended, good, np.random.default_rng(0))
    assert len(design) == len(set(design)) == 9
    assert list(design[:3]) == [SPACE.wrapped(c) for c in recommended[1:4]]
    assert all(map(SPACE.is_allowed, design))
    bare = pipeline_design(SPACE, 9, recommended, [], np.random.default_rng(0))
    assert list(bare[:6]) == [SPACE.wrapped(c) for c in recommended[1:7]]
    assert len(bare) == 9


def test_a_short_list_makes_a_short_design() -> None:
    assert pipeline_design(SPACE, 2, [], [], np.random.default_rng(0)) == ()
    assert len(pipeline_design(SPACE, 9, [], [], np.random.default_rng(0))) == 3
