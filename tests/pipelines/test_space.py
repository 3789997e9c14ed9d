"""All pipelines as one space: keys, positions in the cube, moves, and any optimizer."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import InputError, UsageError
from metalearn.learners import get
from metalearn.learners.joint import named_space
from metalearn.optimizers import get as get_optimizer
from metalearn.pipelines import Grammar, PipelineSpace, genotype_of, is_pipelines
from metalearn.workflows.optimize.options import OptimizeOptions

SMALL = Grammar(
    "classification", ("pca", "polynomial", "stacked_estimator"), ("naive_bayes", "decision_tree")
)


@pytest.fixture(scope="module")
def space() -> PipelineSpace:
    return PipelineSpace("classification", SMALL)


@pytest.fixture(scope="module")
def drawn(space: PipelineSpace) -> list[Configuration]:
    return space.sample(60, np.random.default_rng(0))


def test_a_configuration_and_its_genotype_are_the_same(
    space: PipelineSpace, drawn: list[Configuration]
) -> None:
    for each in drawn:
        assert space.genotype(each).configuration() == each
        assert space.key(each) == each.key
        assert space.is_allowed(each)
        assert space.size(each) == space.genotype(each).size


def test_positions_in_the_cube_come_back(space: PipelineSpace, drawn: list[Configuration]) -> None:
    unit = space.encode(drawn)
    assert unit.shape == (60, space.n_axes)
    assert space.decode(unit) == drawn
    np.testing.assert_array_equal(space.snap(unit), unit)
    np.testing.assert_array_equal(space.active(unit), ~np.isnan(unit))


def test_any_position_is_a_valid_pipeline(space: PipelineSpace) -> None:
    found = space.decode(np.random.default_rng(1).random((40, space.n_axes)))
    assert all(map(space.is_allowed, found))


def test_keys_do_not_depend_on_the_grammar(drawn: list[Configuration]) -> None:
    full = PipelineSpace("classification")
    assert [full.key(each) for each in drawn] == [each.key for each in drawn]
    assert full.decode(full.encode(drawn)) == drawn


def test_mutants_differ_in_one_place(space: PipelineSpace, drawn: list[Configuration]) -> None:
    rng = np.random.default_rng(2)
    for each in drawn:
        mutant = space.mutate(each, rng)
        assert mutant != each
        assert space.is_allowed(mutant)
        assert abs(space.size(mutant) - space.size(each)) <= 1 + 2 * SMALL.max_branch


def test_mutation_reaches_every_kind_of_change(space: PipelineSpace) -> None:
    rng = np.random.default_rng(3)
    start = space.default()
    seen = [space.genotype(space.mutate(start, rng)) for _ in range(200)]
    assert {s.size for s in seen} >= {1, 2}
    assert {s.model.name for s in seen} == set(SMALL.learners)
    assert len({s.encoder for s in seen}) > 1


def test_children_have_parts_of_both(space: PipelineSpace, drawn: list[Configuration]) -> None:
    rng = np.random.default_rng(4)
    for first, second in zip(drawn, drawn[::-1], strict=True):
        child = space.crossover(first, second, rng)
        genotypes = [space.genotype(c) for c in (first, second)]
        known = {gene for g in genotypes for gene in (*g.steps, *g.left, *g.right, g.model)}
        own = space.genotype(child)
        assert {*own.steps, *own.left, *own.right, own.model} <= known
        assert space.is_allowed(child)


def test_a_configuration_of_a_learner_becomes_a_chain_of_length_one(space: PipelineSpace) -> None:
    tree = get("decision_tree").space("classification").default()
    chain = space.wrapped(tree)
    assert space.size(chain) == 1
    assert genotype_of(chain).model.values == tuple(sorted(tree.hyperparameters.items()))
    assert genotype_of(chain).encoder == get("decision_tree").preparation
    assert space.wrapped(chain) == chain


@pytest.mark.parametrize(
    ("algorithm", "values", "message"),
    [
        ("svc", {"C": 1.0}, "no pipeline"),
        ("pipeline", {"step1": "pca"}, "no pipeline"),
        ("pipeline", {"model": "svc", "model:mlp:alpha": 1.0}, "belongs to 'mlp'"),
        ("pipeline", {"model": "svc", "step1:pca:share": 0.5}, "belongs to 'pca'"),
    ],
)
def test_what_is_no_pipeline_is_refused(
    algorithm: str, values: dict[str, str | float], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        genotype_of(Configuration(algorithm, values))


def test_a_grammar_of_the_other_kind_is_refused() -> None:
    with pytest.raises(InputError, match="expected a grammar for regression"):
        PipelineSpace("regression", SMALL)


@pytest.mark.parametrize("name", ["evolution", "async-evolution", "aging", "random", "nsga-ii"])
def test_optimizers_search_pipelines(space: PipelineSpace, name: str) -> None:
    """Evolution prefers the smaller of two pipelines with the same loss, and repeats none."""
    first = space.wrapped(get("decision_tree").space("classification").default())
    warm = WarmStart(space, (first,))
    optimizer = get_optimizer(name)(space, initial=warm, rng=np.random.default_rng(0))
    seen: list[Configuration] = []
    for _ in range(50):
        (trial,) = optimizer.ask()
        seen.append(trial.configuration)
        has_pca = any(g.name == "pca" for g in space.genotype(trial.configuration).steps)
        optimizer.tell(trial.finished(0.1 if has_pca else 0.5))
    assert seen[0] == first
    assert len({each.key for each in seen}) == 50
    assert all(map(space.is_allowed, seen))


@pytest.mark.parametrize("name", ["evolution", "async-evolution"])
def test_evolution_finds_a_planted_operator_more_often_than_chance(
    space: PipelineSpace, name: str
) -> None:
    optimizer = get_optimizer(name)(space, rng=np.random.default_rng(0))
    hits: list[bool] = []
    for _ in range(100):
        (trial,) = optimizer.ask()
        steps = [gene.name for gene in space.genotype(trial.configuration).steps]
        hits.append(steps[:2] == ["polynomial", "pca"])
        optimizer.tell(trial.finished(1.0 - 0.5 * ("pca" in steps) - 0.5 * hits[-1]))
    assert sum(hits[60:]) > 2 * sum(hits[:20])


def test_children_start_on_few_rows_and_good_ones_are_promoted(space: PipelineSpace) -> None:
    optimizer = get_optimizer("asha-evolution")(space, rng=np.random.default_rng(0))
    for _ in range(80):
        (trial,) = optimizer.ask()
        has_pca = any(g.name == "pca" for g in space.genotype(trial.configuration).steps)
        optimizer.tell(trial.finished(0.1 if has_pca else 0.5))
    full = [t for t in optimizer.trials if t.fidelity == 1.0]
    low = [t for t in optimizer.trials if t.fidelity < 0.2]
    assert 3 <= len(full) < len(low)
    assert all(t.loss == 0.1 for t in full)
    assert np.mean([t.loss for t in low[20:]]) < np.mean([t.loss for t in low[:7]])


def test_a_trial_outside_the_space_is_refused(space: PipelineSpace) -> None:
    optimizer = get_optimizer("evolution")(space, rng=np.random.default_rng(0))
    outside = Configuration("pipeline", {"encoder": "scaled", "model": "svc"})
    with pytest.raises(InputError):
        optimizer.tell(Trial(outside).finished(0.5))


def test_pipelines_are_meant_by_name_or_by_a_space(space: PipelineSpace) -> None:
    assert all(is_pipelines(each) for each in ("pipeline", "pipelines", ["pipelines"], space))
    assert not any(is_pipelines(each) for each in ("svc", "svc,pipelines", None, [], 3))
    assert OptimizeOptions("pipelines").optimizer_name == "aging"
    assert OptimizeOptions("svc").optimizer_name == "bayesian"
    with pytest.raises(UsageError, match="name it alone"):
        named_space("svc,pipeline", "classification")
