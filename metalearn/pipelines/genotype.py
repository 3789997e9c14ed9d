"""The genotype of a pipeline: operators with their hyperparameters, as one configuration.

A pipeline is a chain: an encoder of the raw table, transformers, and a learner at the end. One of
the transformers may be a `union`, whose two branches are chains themselves and whose outputs stand
side by side (an empty branch passes its input on). The configuration of a pipeline is flat, so the
store, recommenders and surrogates treat it as any other: `step1` names the operator of the first
step, `step1:pca:share` a hyperparameter of it, `left1` the first operator of the left branch of
the union, `model` the learner, `model:svc:C` a hyperparameter of it. What does not occur is left
out, so the key of a pipeline depends neither on the grammar nor on its largest length.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from metalearn.core.configuration import Configuration, Value
from metalearn.errors import InputError
from metalearn.learners.preparation import Imputer, Preparation, PreparationRecipe

__all__ = ["ALGORITHM_NAME", "UNION", "Gene", "Genotype", "genotype_of", "wrapped"]

ALGORITHM_NAME = "pipeline"
"""Name of the algorithm of all pipelines in a store."""
UNION = "union"
"""Name of the operator whose branches stand side by side."""
_CHAINS = ("step", "left", "right")


@dataclass(frozen=True, slots=True)
class Gene:
    """An operator or a learner with its active hyperparameters.

    Attributes:
        name: Name of the operator, or of the learner.
        values: Pairs of name and value, sorted by name.
    """

    name: str
    values: tuple[tuple[str, Value], ...] = ()

    @classmethod
    def of(cls, name: str, values: Mapping[str, Value]) -> Gene:
        """Return a gene of a mapping of hyperparameters."""
        return cls(name, tuple(sorted(values.items())))


Chain = tuple[Gene, ...]


@dataclass(frozen=True, slots=True)
class Genotype:
    """A pipeline.

    Attributes:
        encoder: How the raw table becomes a matrix.
        steps: Transformers in order; at most one is a union.
        model: The learner.
        left: Left branch of the union; empty passes the input on.
        right: Right branch of the union.
        imputer: How missing numbers are replaced.
    """

    encoder: Preparation
    steps: Chain
    model: Gene
    left: Chain = ()
    right: Chain = ()
    imputer: Imputer = "median"

    @property
    def has_union(self) -> bool:
        """Whether a step is a union."""
        return any(gene.name == UNION for gene in self.steps)

    @property
    def recipe(self) -> PreparationRecipe:
        """How the raw table is prepared for the first step."""
        return PreparationRecipe(self.encoder, self.imputer)

    @property
    def size(self) -> int:
        """Number of nodes: transformers, unions and the learner."""
        return len(self.steps) + len(self.left) + len(self.right) + 1

    def operators(self) -> Iterator[str]:
        """Yield the names of the encoder, of all transformers, and of the learner."""
        yield self.encoder
        for gene in (*self.steps, *self.left, *self.right, self.model):
            yield gene.name

    def configuration(self) -> Configuration:
        """Return the configuration, under the algorithm `pipeline`."""
        flat: dict[str, Value] = {"encoder": self.encoder}
        if self.imputer != "median":
            flat["imputer"] = self.imputer
        for name, chain in zip(_CHAINS, (self.steps, self.left, self.right), strict=True):
            for i, gene in enumerate(chain, 1):
                flat |= _flat(f"{name}{i}", gene)
        return Configuration(ALGORITHM_NAME, flat | _flat("model", self.model))


def genotype_of(configuration: Configuration) -> Genotype:
    """Return the genotype of a configuration of the algorithm `pipeline`.

    Raises:
        InputError: If it has no learner, or a hyperparameter belongs to no operator.
    """
    values = configuration.hyperparameters
    own: dict[str, dict[str, Value]] = {}
    for name, value in values.items():
        slot, _, rest = name.partition(":")
        operator, _, argument = rest.partition(":")
        if not rest:
            continue
        if values.get(slot) != operator:
            raise InputError(
                f"{configuration.key}: {name!r} belongs to {operator!r}, but {slot!r} is "
                f"{values.get(slot)!r}; expected hyperparameters of the operators that occur"
            )
        own.setdefault(slot, {})[argument] = value
    steps, left, right = (_chain(name, values, own) for name in _CHAINS)
    if configuration.algorithm != ALGORITHM_NAME or "model" not in values:
        raise InputError(
            f"{configuration} is no pipeline: expected the algorithm {ALGORITHM_NAME!r} with a "
            "learner `model`; wrap a configuration of a learner with metalearn.pipelines.wrapped"
        )
    return Genotype(
        values.get("encoder", "scaled"),  # type: ignore[arg-type]  # checked when it is built
        steps,
        Gene.of(str(values["model"]), own.get("model", {})),
        left,
        right,
        values.get("imputer", "median"),  # type: ignore[arg-type]  # checked when it is built
    )


def wrapped(configuration: Configuration, encoder: Preparation) -> Configuration:
    """Return the pipeline of length one that fits what a learner's configuration fits.

    Args:
        configuration: A configuration of a learner.
        encoder: The learner's own preparation.
    """
    model = Gene.of(configuration.algorithm, configuration.hyperparameters)
    return Genotype(encoder, (), model).configuration()


def _flat(slot: str, gene: Gene) -> dict[str, Value]:
    own = {f"{slot}:{gene.name}:{name}": value for name, value in gene.values}
    return {slot: gene.name, **own}


def _chain(
    name: str, values: Mapping[str, Value], own: Mapping[str, Mapping[str, Value]]
) -> Chain:
    slots: Sequence[str] = [f"{name}{i}" for i in range(1, len(values) + 1)]
    used = [slot for slot in slots if slot in values]
    return tuple(Gene.of(str(values[slot]), own.get(slot, {})) for slot in used)
