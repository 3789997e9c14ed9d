"""The grammar gives valid pipelines only, and refuses to be without one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from metalearn.errors import InputError, UnknownNameError
from metalearn.learners.tables import as_table
from metalearn.pipelines import Gene, Genotype, Grammar
from metalearn.pipelines.frequencies import Frequencies
from metalearn.pipelines.genotype import UNION

SMALL = Grammar("classification", ("pca", "polynomial", "standard_scaler"), ("naive_bayes", "svc"))


def test_samples_are_valid_and_of_all_lengths() -> None:
    rng = np.random.default_rng(0)
    drawn = [SMALL.sample(rng) for _ in range(300)]
    assert all(SMALL.is_valid(each) for each in drawn)
    assert {each.size for each in drawn} == set(range(1, SMALL.max_nodes + 1))
    assert any(each.has_union for each in drawn)
    assert {each.model.name for each in drawn} == set(SMALL.learners)


def test_a_grammar_without_branches_has_chains_only() -> None:
    chains = replace(SMALL, max_branch=0, max_steps=2)
    drawn = [chains.sample(np.random.default_rng(seed)) for seed in range(100)]
    assert max(each.size for each in drawn) == 3
    assert not any(each.has_union for each in drawn)


def test_a_grammar_without_operators_has_learners_only() -> None:
    bare = replace(SMALL, operators=())
    assert {bare.sample(np.random.default_rng(seed)).size for seed in range(20)} == {1}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learners": ()}, "no valid pipeline for classification: expected learners among"),
        ({"learners": ("ridge",)}, "got ridge"),
        ({"encoders": ("native",)}, "an encoder that makes a matrix"),
        ({"encoders": ()}, "an encoder that makes a matrix"),
        ({"imputers": ()}, "expected an imputer"),
        ({"max_nodes": 0}, "max_nodes of at least 1"),
        ({"max_steps": -1}, "no negative length"),
    ],
)
def test_a_grammar_without_a_valid_pipeline_is_refused(
    changes: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        replace(SMALL, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"operators": ("pcaa",)}, "operator 'pcaa'.*pca"),
        ({"learners": ("svm-c",)}, "learner 'svm-c'"),
        ({"encoders": ("hash",)}, "encoder 'hash'"),
        ({"imputers": ("zero",)}, "imputer 'zero'"),
    ],
)
def test_unknown_names_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        replace(SMALL, **changes)  # type: ignore[arg-type]


def test_repair_is_idempotent_and_cuts_what_is_too_large() -> None:
    pca, union = Gene.of("pca", {"share": 0.5, "whiten": "no"}), Gene(UNION)
    large = Genotype("native", (pca, union, union, pca, pca, pca), Gene("naive_bayes"),
                     (pca, pca, pca), (pca,))  # fmt: skip
    found = SMALL.repaired(large)
    assert SMALL.repaired(found) == found
    assert found.size <= SMALL.max_nodes
    assert sum(gene.name == UNION for gene in found.steps) == 1
    assert found.encoder == "ordinal"
    assert len(found.left) <= len(found.right)


def test_a_grammar_of_a_table_lacks_what_makes_no_difference() -> None:
    X = pd.DataFrame({"a": np.arange(30.0), "b": np.arange(30.0) % 7})
    y = pd.Series(["u", "v"] * 15, name="y")
    numbers = Grammar.for_table(as_table(X, y))
    assert numbers.imputers == ("median",)
    assert "target" not in numbers.encoders
    mixed = X.assign(c=["x", None, "z"] * 10)
    full = Grammar.for_table(as_table(mixed, y))
    assert "k_nearest" in full.imputers
    assert "target" in full.encoders


def test_operators_of_good_pipelines_are_drawn_more_often() -> None:
    good = [Genotype("scaled", (Gene.of("pca", {"share": 0.25, "whiten": "yes"}),), Gene("svc"))]
    draws = Frequencies(good * 20)
    rng = np.random.default_rng(0)
    drawn = [SMALL.sample(rng, draws) for _ in range(200)]
    counts = Counter(gene.name for each in drawn for gene in each.steps)
    assert counts["pca"] > 3 * counts["standard_scaler"]
    copies = [g for each in drawn for g in each.steps if g == good[0].steps[0]]
    assert 0.3 * counts["pca"] < len(copies) < 0.7 * counts["pca"]
