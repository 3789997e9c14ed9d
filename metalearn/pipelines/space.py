"""All pipelines of a grammar as a search space, with mutation and crossover."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from metalearn.core.arrays import Bools, Floats
from metalearn.core.configuration import Configuration, Value
from metalearn.core.space import Space
from metalearn.core.task import Kind
from metalearn.errors import InputError
from metalearn.learners import CATALOGUE
from metalearn.learners.joint import are_names, names_of_space
from metalearn.pipelines.axes import NONE, pipeline_axes, transformer_places
from metalearn.pipelines.genotype import ALGORITHM_NAME, UNION, Genotype, genotype_of, wrapped
from metalearn.pipelines.grammar import Grammar, PipelineDraws
from metalearn.pipelines.moves import crossed, mutated

__all__ = ["PipelineSpace", "is_pipelines"]

_NAMES = {ALGORITHM_NAME, f"{ALGORITHM_NAME}s"}


class PipelineSpace(Space):
    """Pipelines of a grammar; any optimizer takes it, evolutionary ones use its own moves.

    Args:
        kind: Kind of task.
        grammar: Which pipelines are valid; all operators and installed learners if None.

    Raises:
        InputError: If the grammar is for the other kind of task.
    """

    def __init__(self, kind: Kind, grammar: Grammar | None = None) -> None:
        self.grammar = Grammar.full(kind) if grammar is None else grammar
        if self.grammar.kind != kind:
            raise InputError(f"expected a grammar for {kind}, got one for {self.grammar.kind}")
        self.kind = kind
        self._places = transformer_places(self.grammar)
        super().__init__(ALGORITHM_NAME, pipeline_axes(self.grammar))

    def sample(
        self, n: int, rng: np.random.Generator, draws: PipelineDraws | None = None
    ) -> list[Configuration]:
        """Return `n` random pipelines of the grammar.

        Args:
            n: Number of pipelines.
            rng: Source of all randomness.
            draws: How operators and hyperparameters are drawn; uniformly if None.
        """
        return [self.grammar.sample(rng, draws).configuration() for _ in range(n)]

    def mutate(self, configuration: Configuration, rng: np.random.Generator) -> Configuration:
        """Return a pipeline that differs in one place."""
        return mutated(genotype_of(configuration), self.grammar, rng).configuration()

    def crossover(
        self, first: Configuration, second: Configuration, rng: np.random.Generator
    ) -> Configuration:
        """Return a pipeline with the front of the second and the rest of the first."""
        pair = genotype_of(first), genotype_of(second)
        return crossed(*pair, self.grammar, rng).configuration()

    def size(self, configuration: Configuration) -> int:
        """Return the number of nodes: transformers, unions and the learner."""
        return genotype_of(configuration).size

    def key(self, configuration: Configuration) -> str:
        """Return the key of the pipeline in a store, of its canonical form."""
        return self.canonical(configuration).key

    def build(self, configuration: Configuration, seed: int = 0) -> Any:  # untyped Pipeline
        """Return the unfitted scikit-learn Pipeline, which takes raw tables."""
        return CATALOGUE.get(ALGORITHM_NAME).pipeline(self.kind, configuration, seed)

    def genotype(self, configuration: Configuration) -> Genotype:
        """Return the genotype of a configuration."""
        return genotype_of(configuration)

    def canonical(self, configuration: Configuration) -> Configuration:
        """Return the valid pipeline nearest to a configuration."""
        return self.grammar.repaired(genotype_of(configuration)).configuration()

    def wrapped(self, configuration: Configuration) -> Configuration:
        """Return a learner's configuration as a chain of length one; a pipeline as it is."""
        if configuration.algorithm == ALGORITHM_NAME:
            return configuration
        return wrapped(configuration, CATALOGUE.get(configuration.algorithm).preparation)

    def default(self) -> Configuration:
        """Return the first learner at its defaults, without steps."""
        name = self.grammar.learners[0]
        return self.canonical(self.wrapped(self.grammar.space_of(name).default()))

    def values_of(self, configuration: Configuration) -> dict[str, Value]:
        """Return the values by axis; places without an operator are `none`."""
        return self._completed(configuration.hyperparameters)

    def encode(self, configurations: Iterable[Configuration | Mapping[str, Any]]) -> Floats:
        """Return `(n, n_axes)` positions in the unit cube; NaN where a value is absent.

        Raises:
            InputError: If a value lies outside its axis or a name is unknown.
        """
        rows = [c.hyperparameters if isinstance(c, Configuration) else c for c in configurations]
        return super().encode([self._completed(row) for row in rows])

    def decode(self, unit: Floats) -> list[Configuration]:
        """Return the valid pipelines nearest to `(n, n_axes)` positions."""
        found = []
        for each in super().decode(unit):
            values = each.hyperparameters.items()
            kept = {k: v for k, v in values if v != NONE or k not in self._slots}
            found.append(self.canonical(Configuration(ALGORITHM_NAME, kept)))
        return found

    def active(self, unit: Floats) -> Bools:
        """Return `(n, n_axes)`: True where the pipeline at a position has a value."""
        return ~np.isnan(self.snap(unit))

    def snap(self, unit: Floats) -> Floats:
        """Return `encode(decode(unit))` of `(n, n_axes)` positions."""
        return self.encode(self.decode(unit))

    def is_allowed(self, configuration: Configuration) -> bool:
        """Return whether the grammar has the pipeline in this form."""
        genotype = genotype_of(configuration)
        if not self.grammar.is_valid(genotype):
            return False
        genes = (*genotype.steps, *genotype.left, *genotype.right, genotype.model)
        return all(
            self.grammar.space_of(gene.name).is_allowed(
                Configuration(gene.name, dict(gene.values))
            )
            for gene in genes
            if gene.values
        )

    @cached_property
    def _slots(self) -> frozenset[str]:
        return frozenset(self._places)

    def _completed(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values with `none` at places without an operator, and the usual imputer."""
        has_union = any(values.get(place) == UNION for place in self._places)
        filled: dict[str, Any] = {
            place: NONE for place in self._places if has_union or place.startswith("step")
        }
        return {"imputer": "median", **filled, **values}


def is_pipelines(space: Any) -> bool:
    """Return whether a user means pipelines: by name, or with a space of them."""
    if isinstance(space, PipelineSpace):
        return True
    names = set(names_of_space(space)) if are_names(space) else set()
    return bool(names) and names <= _NAMES
