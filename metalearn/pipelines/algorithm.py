"""Pipelines as one more learner: how a configuration becomes an estimator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.core.task import Kind
from metalearn.errors import UnknownNameError, UsageError
from metalearn.learners import CATALOGUE
from metalearn.learners.algorithm import Algorithm, Estimator, Values
from metalearn.learners.preparation import IMPUTERS, PREPARATIONS, PreparationRecipe
from metalearn.pipelines.genotype import ALGORITHM_NAME, UNION, Chain, Gene, Genotype, genotype_of
from metalearn.pipelines.operators import operator
from metalearn.pipelines.space import PipelineSpace

__all__ = ["ALGORITHM", "PipelineAlgorithm", "estimator_of"]


@dataclass(frozen=True)
class PipelineAlgorithm(Algorithm):
    """All pipelines of scikit-learn operators and our learners."""

    def space(self, kind: Kind) -> Space:
        """Return the space of all pipelines of installed learners.

        Raises:
            UsageError: If the kind of task is unknown.
        """
        if kind not in self.kinds:
            raise UsageError(f"{self.name!r} does not do {kind}; it does {', '.join(self.kinds)}")
        return _full_space(kind)

    def recipe(self, kind: Kind, configuration: Configuration) -> PreparationRecipe:
        """Return encoder and imputer of a pipeline.

        Raises:
            UnknownNameError: If there is no such encoder or imputer.
        """
        genotype = genotype_of(configuration)
        if genotype.encoder not in PREPARATIONS:
            raise UnknownNameError("encoder", genotype.encoder, PREPARATIONS)
        if genotype.imputer not in IMPUTERS:
            raise UnknownNameError("imputer", genotype.imputer, IMPUTERS)
        is_target = genotype.encoder == "target"
        return genotype.recipe._replace(is_regression=is_target and kind == "regression")


def estimator_of(genotype: Genotype, kind: Kind, seed: int = 0) -> Estimator:
    """Return the unfitted estimator of a pipeline, for encoded rows.

    Raises:
        UnknownNameError: If there is no such operator or learner.
        UsageError: If the learner cannot learn this kind.
    """
    from sklearn.pipeline import Pipeline

    name = genotype.model.name
    if name not in CATALOGUE.names():
        raise UnknownNameError("learner", name, CATALOGUE.names())
    learner = CATALOGUE.get(name)
    learner.space(kind)  # refuses the other kind of task
    model = learner.estimator(kind, Configuration(name, dict(genotype.model.values)), seed)
    steps = _steps(genotype.steps, genotype, kind, seed)
    return Pipeline([*steps, ("model", model)]) if steps else model


def _steps(
    chain: Sequence[Gene], genotype: Genotype, kind: Kind, seed: int
) -> list[tuple[str, Any]]:
    return [
        (f"{i}_{gene.name}", _transformer(gene, genotype, kind, seed))
        for i, gene in enumerate(chain, 1)
    ]


def _transformer(gene: Gene, genotype: Genotype, kind: Kind, seed: int) -> Any:
    from sklearn.pipeline import FeatureUnion

    if gene.name != UNION:
        return operator(gene.name).build(kind, dict(gene.values), seed)
    left = _branch(genotype.left, genotype, kind, seed)
    right = _branch(genotype.right, genotype, kind, seed)
    return FeatureUnion([("left", left), ("right", right)])


def _branch(chain: Chain, genotype: Genotype, kind: Kind, seed: int) -> Any:
    from sklearn.pipeline import Pipeline

    from metalearn.learners.feature_steps import Unchanged

    return Pipeline(_steps(chain, genotype, kind, seed)) if chain else Unchanged()


def _build(kind: Kind, values: Values, seed: int) -> Estimator:
    return estimator_of(genotype_of(Configuration(ALGORITHM_NAME, values)), kind, seed)


def _axes(kind: Kind) -> list[Any]:
    config_space = _full_space(kind).config_space
    return [*config_space.values(), *config_space.conditions, *config_space.forbidden_clauses]


@cache
def _full_space(kind: Kind) -> PipelineSpace:
    return PipelineSpace(kind)


ALGORITHM = PipelineAlgorithm(
    ALGORITHM_NAME, ("classification", "regression"), "scaled", _axes, _build
)
