"""Points become decisions: structure first, the important axes next, inactive ones left out."""

from __future__ import annotations

import numpy as np

from metalearn.core.history import History
from metalearn.core.joint_space import JointSpace
from metalearn.core.warm_start import WarmStart
from metalearn.learners.joint import named_space
from metalearn.numerics.search.tree_search import END
from metalearn.optimizers import get
from metalearn.optimizers.decisions import Decisions
from metalearn.pipelines import Grammar, PipelineSpace

JOINT, _ = named_space(["svc", "decision_tree", "naive_bayes"], "classification")


def sources(space: JointSpace, n: int = 6) -> tuple[History, ...]:
    """Tasks on which decision trees are best, and only their depth matters."""
    found = []
    for seed in range(n):
        X = space.encode(space.sample(80, np.random.default_rng(seed)))
        is_tree = space.at_part(X) == 1
        depth = np.nan_to_num(X[:, list(space.names).index("decision_tree:min_samples_leaf")])
        found.append(History(X, np.where(is_tree, 0.2 + 0.1 * depth, 0.8)))
    return tuple(found)


def test_the_algorithm_comes_first_and_paths_have_at_most_three_more_decisions() -> None:
    assert isinstance(JOINT, JointSpace)
    decisions = Decisions(WarmStart(JOINT))
    X = JOINT.encode(JOINT.sample(50, np.random.default_rng(0)))
    paths = decisions.paths(X)
    first = {(int(p[0]), int(part)) for p, part in zip(paths, JOINT.at_part(X), strict=True)}
    assert len(first) == 3
    assert (paths != END).sum(axis=1).max() <= 2 + 3  # the kernel of svc has children too
    assert decisions.prior is None


def test_the_important_axis_comes_next() -> None:
    assert isinstance(JOINT, JointSpace)
    decisions = Decisions(WarmStart(JOINT, sources=sources(JOINT)))
    X = JOINT.encode(JOINT.sample(200, np.random.default_rng(9)))
    X = X[JOINT.at_part(X) == 1]
    leaf = X[:, list(JOINT.names).index("decision_tree:min_samples_leaf")]
    second = decisions.paths(X)[:, 1]
    cells = np.floor(leaf * 4).clip(0, 3)
    np.testing.assert_array_equal(second - second.min(), cells - cells.min())


def test_the_prior_of_sources_leads_to_their_best_algorithm() -> None:
    assert isinstance(JOINT, JointSpace)
    warm = WarmStart(JOINT, sources=sources(JOINT))
    counts = []
    for start in (warm, WarmStart(JOINT)):
        optimizer = get("tree-search")(JOINT, initial=start, rng=np.random.default_rng(0))
        counts.append(sum(t.configuration.algorithm == "decision_tree" for t in optimizer.ask(20)))
    assert counts[0] > counts[1]


def test_pipelines_are_searched_from_the_learner_on() -> None:
    space = PipelineSpace(
        "classification", Grammar("classification", ("pca",), ("naive_bayes", "svc"))
    )
    optimizer = get("tree-search")(space, rng=np.random.default_rng(0))
    for _ in range(25):
        (trial,) = optimizer.ask()
        model = space.genotype(trial.configuration).model.name
        optimizer.tell(trial.finished(0.1 if model == "svc" else 0.9))
    names = [space.genotype(t.configuration).model.name for t in optimizer.trials[5:]]
    assert names.count("svc") > 0.6 * len(names)
