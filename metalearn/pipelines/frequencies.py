"""Random pipelines by the frequencies of operators in good ones.

A name is drawn with probability proportional to its count among good pipelines plus one. Half of
the hyperparameters are copied from a good pipeline with that operator, the others are uniform
(METHODS-2 C).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from metalearn.core.space import Space
from metalearn.pipelines.genotype import UNION, Gene, Genotype
from metalearn.pipelines.grammar import Uniform

__all__ = ["Frequencies"]

_P_COPIED = 0.5


class Frequencies:
    """How names and genes are drawn, from good pipelines; see `PipelineDraws`.

    Args:
        good: The good pipelines; one that occurs twice counts twice.
    """

    def __init__(self, good: Iterable[Genotype]) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._genes: dict[str, list[Gene]] = {}
        for genotype in good:
            transformers = (*genotype.steps, *genotype.left, *genotype.right)
            self._counts["encoder", genotype.encoder] += 1
            self._counts["learner", genotype.model.name] += 1
            self._counts.update(("operator", gene.name) for gene in transformers)
            for gene in (*transformers, genotype.model):
                if gene.name != UNION:
                    self._genes.setdefault(gene.name, []).append(gene)

    def name(self, role: str, names: Sequence[str], rng: np.random.Generator) -> str:
        """Return one of the names, by its frequency."""
        counts = np.array([self._counts[role, name] + 1.0 for name in names])
        return names[int(rng.choice(len(names), p=counts / counts.sum()))]

    def gene(self, space: Space, name: str, rng: np.random.Generator) -> Gene:
        """Return a gene of a good pipeline, or one with uniform hyperparameters, evenly."""
        known = self._genes.get(name, [])
        if known and rng.random() < _P_COPIED:
            copied = known[int(rng.integers(len(known)))]
            if {axis for axis, _ in copied.values} <= set(space.names):
                return copied
        return Uniform().gene(space, name, rng)
