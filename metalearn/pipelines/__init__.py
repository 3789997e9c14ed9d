"""Pipelines as one space: a grammar of scikit-learn operators, its genotypes and its moves."""

from metalearn.pipelines.genotype import ALGORITHM_NAME, Gene, Genotype, genotype_of, wrapped
from metalearn.pipelines.grammar import Grammar
from metalearn.pipelines.space import PipelineSpace, is_pipelines

__all__ = [
    "ALGORITHM_NAME",
    "Gene",
    "Genotype",
    "Grammar",
    "PipelineSpace",
    "genotype_of",
    "is_pipelines",
    "wrapped",
]
