"""Pipelines are fitted like any learner: on raw tables, in folds, without leakage."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import FeatureUnion, Pipeline

from metalearn.core.configuration import Configuration
from metalearn.core.task import Kind
from metalearn.errors import EvaluationError, UnknownNameError
from metalearn.learners import CATALOGUE, get, names
from metalearn.learners.evaluation import PreparedTask, Procedure
from metalearn.learners.isolation import Isolated
from metalearn.learners.joint import named_space
from metalearn.learners.tables import as_table
from metalearn.pipelines import Gene, Genotype, PipelineSpace
from metalearn.pipelines.genotype import UNION
from metalearn.pipelines.operators import OPERATORS, operator, operator_space

BAYES_VALUES: dict[str, str | float] = {
    "model": "naive_bayes",
    "model:naive_bayes:var_smoothing": 1e-9,
}
KINDS: tuple[Kind, ...] = ("classification", "regression")
BAYES = Gene.of("naive_bayes", {"var_smoothing": 1e-9})
SIMPLE = {"classification": BAYES, "regression": Gene.of("ridge", {"alpha": 1.0})}


def frame(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(n, 5)), columns=list("abcde"))
    X["g"] = rng.choice(["u", "v", "w"], n)
    X.loc[::7, "a"] = np.nan
    return X


def target(X: pd.DataFrame, kind: Kind) -> pd.Series:
    product = X["b"] * X["c"]
    if kind == "regression":
        return pd.Series(product, name="y")
    return pd.Series(np.where(product > 0, "yes", "no"), name="y")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", OPERATORS)
def test_every_operator_fits_at_its_defaults(name: str, kind: Kind) -> None:
    X = frame()
    gene = Gene.of(name, operator_space(name, kind).default().hyperparameters)
    configuration = Genotype("scaled", (gene,), SIMPLE[kind]).configuration()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = get("pipeline").pipeline(kind, configuration).fit(X, target(X, kind))
    assert len(model.predict(X)) == len(X)


@pytest.mark.parametrize("encoder", ["scaled", "ordinal", "one-hot", "target"])
@pytest.mark.parametrize("imputer", ["median", "k_nearest"])
def test_every_encoder_gives_finite_matrices(encoder: str, imputer: str) -> None:
    X = frame()
    values = BAYES_VALUES | {"encoder": encoder, "imputer": imputer}
    model = get("pipeline").pipeline("classification", Configuration("pipeline", values))
    y = np.arange(60) % 3
    prepared = model.fit(X, y).named_steps["prepare"].transform(X)
    assert np.isfinite(np.asarray(prepared, dtype=np.float64)).all()


def test_a_union_is_a_feature_union_with_an_input_that_passes() -> None:
    X, scaler = frame(), Gene("standard_scaler")
    genotype = Genotype("ordinal", (Gene(UNION),), BAYES, (), (scaler,))
    model = get("pipeline").pipeline("classification", genotype.configuration())
    model.fit(X, target(X, "classification"))
    (_, inner) = model.steps[1]
    assert isinstance(inner, Pipeline)
    assert isinstance(inner.steps[0][1], FeatureUnion)
    n = model.steps[0][1].transform(X).shape[1]
    assert inner.steps[0][1].transform(model.steps[0][1].transform(X)).shape == (60, 2 * n)


def test_a_chain_of_length_one_scores_as_its_learner() -> None:
    X = frame(90)
    prepared = PreparedTask(as_table(X, target(X, "classification")), Procedure(n_folds=3))
    tree = get("decision_tree").space("classification").default()
    chain = PipelineSpace("classification").wrapped(tree)
    alone, wrapped = (
        [fold.scores["balanced_accuracy"] for fold in prepared.evaluate(c)] for c in (tree, chain)
    )
    assert alone == wrapped


@pytest.mark.parametrize("steps", [(), (Gene.of("select_k_best", {"k": 5, "score": "f"}),)])
def test_target_encoding_and_selection_do_not_leak(steps: tuple[Gene, ...]) -> None:
    """Random classes stay at chance, with 100 categories, and with 5 of 100 random columns."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(150, 1 if not steps else 100))).add_prefix("x")
    if not steps:
        X["many"] = rng.integers(0, 100, 150).astype(str)
    y = pd.Series(rng.choice(["u", "v"], 150), name="y")
    genotype = Genotype("target", steps, BAYES)
    prepared = PreparedTask(as_table(X, y), Procedure(n_folds=5))
    folds = prepared.evaluate(genotype.configuration())
    assert abs(np.mean([fold.scores["accuracy"] for fold in folds]) - 0.5) < 0.12


def test_an_operator_that_fails_on_the_data_is_a_recorded_failure() -> None:
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 30))).add_prefix("x")
    table = as_table(X, pd.Series(["u", "v"] * 30, name="y"))
    genotype = Genotype("scaled", (Gene.of("polynomial", {"squares": "yes"}),), BAYES)
    prepared = PreparedTask(table, Procedure(n_folds=2))
    with pytest.raises(EvaluationError, match="30 columns have more than 500 products"):
        list(prepared.evaluate(genotype.configuration()))
    process = Isolated(20.0)
    outcome = process.evaluate(prepared, genotype.configuration())
    process.close()
    assert outcome.status == "failed"
    assert "polynomial" in outcome.reason


@pytest.mark.parametrize(
    ("values", "what"),
    [
        (BAYES_VALUES | {"step1": "pcaa"}, "operator 'pcaa'"),
        ({"model": "naive_bayez"}, "learner 'naive_bayez'"),
        (BAYES_VALUES | {"encoder": "hash"}, "encoder 'hash'"),
        (BAYES_VALUES | {"imputer": "zero"}, "imputer 'zero'"),
        ({"model": "pipeline"}, "learner 'pipeline'"),
    ],
)
def test_unknown_names_are_refused(values: dict[str, str | float], what: str) -> None:
    with pytest.raises(UnknownNameError, match=what):
        get("pipeline").pipeline("classification", Configuration("pipeline", values))


def test_pipelines_are_found_by_name_and_not_listed_as_a_learner() -> None:
    assert "pipeline" not in names()
    assert "pipeline" in CATALOGUE
    assert isinstance(named_space("pipelines", "regression")[0], PipelineSpace)
    with pytest.raises(UnknownNameError, match="operator 'nothing'"):
        operator("nothing")
