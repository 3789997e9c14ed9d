"""The grammar of pipelines: which operators there are, what is valid, and random pipelines.

An encoder makes a matrix of the raw table, operators map a matrix to a matrix, and a learner ends
the pipeline. Chains come first; a `union` puts the outputs of two short chains side by side
(METHODS-2 C; TPOT: Olson et al. 2016; GAMA: Gijsbers & Vanschoren 2021).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from pandas.api.types import is_numeric_dtype

from metalearn.core.space import Space
from metalearn.core.task import Kind
from metalearn.errors import InputError, UnknownNameError
from metalearn.learners import CATALOGUE
from metalearn.learners.preparation import IMPUTERS, PREPARATIONS, Imputer, Preparation
from metalearn.pipelines.genotype import UNION, Chain, Gene, Genotype
from metalearn.pipelines.operators import OPERATORS, operator_space

if TYPE_CHECKING:
    from metalearn.learners.tables import Table

__all__ = ["Grammar", "PipelineDraws", "Uniform"]

_LENGTHS = (0.3, 0.35, 0.2, 0.1, 0.05)
_P_OWN_ENCODER, _P_MEDIAN, _P_UNION, _P_EMPTY = 0.5, 0.7, 0.1, 0.3


class PipelineDraws(Protocol):
    """How names and genes of random pipelines are drawn."""

    def name(self, role: str, names: Sequence[str], rng: np.random.Generator) -> str:
        """Return one of the names; the role is `operator`, `learner` or `encoder`."""
        ...

    def gene(self, space: Space, name: str, rng: np.random.Generator) -> Gene:
        """Return a gene with hyperparameters of the space."""
        ...


class Uniform:
    """Every name and every hyperparameter is uniform."""

    def name(self, role: str, names: Sequence[str], rng: np.random.Generator) -> str:  # noqa: ARG002  # all roles alike
        """Return one of the names."""
        return names[int(rng.integers(len(names)))]

    def gene(self, space: Space, name: str, rng: np.random.Generator) -> Gene:
        """Return a gene with uniform hyperparameters."""
        return Gene.of(name, space.sample(1, rng)[0].hyperparameters)


@dataclass(frozen=True)
class Grammar:
    """Which pipelines are valid.

    Attributes:
        kind: Kind of task.
        operators: Names of transformers.
        learners: Names of learners that can end a pipeline.
        encoders: Names of preparations of the raw table.
        imputers: Ways to replace missing numbers; the first one is the usual one.
        max_steps: Largest number of steps between encoder and learner.
        max_branch: Largest number of steps of a branch of a union; 0 = chains only.
        max_nodes: Largest number of transformers, unions and the learner.

    Raises:
        UnknownNameError: If an operator, a learner or an encoder is unknown.
        InputError: If there is no valid pipeline.
    """

    kind: Kind
    operators: tuple[str, ...]
    learners: tuple[str, ...]
    encoders: tuple[Preparation, ...] = PREPARATIONS
    imputers: tuple[Imputer, ...] = IMPUTERS
    max_steps: int = 4
    max_branch: int = 2
    max_nodes: int = 6

    def __post_init__(self) -> None:
        _refuse_unknown("operator", self.operators, tuple(OPERATORS))
        _refuse_unknown("learner", self.learners, CATALOGUE.names())
        _refuse_unknown("encoder", self.encoders, PREPARATIONS)
        _refuse_unknown("imputer", self.imputers, IMPUTERS)
        unsuited = [name for name in self.learners if self.kind not in CATALOGUE.get(name).kinds]
        if not self.learners or unsuited:
            suited = [n for n in CATALOGUE.names() if self.kind in CATALOGUE.get(n).kinds]
            raise InputError(
                f"the grammar has no valid pipeline for {self.kind}: expected learners among "
                f"{', '.join(suited)}, got {', '.join(unsuited) or 'none'}"
            )
        matrices = [name for name in PREPARATIONS if name != "native"]
        if not set(self.encoders) & set(matrices) or not self.imputers:
            raise InputError(
                "the grammar has no valid pipeline: expected an imputer, and an encoder that "
                f"makes a matrix ({', '.join(matrices)}), got encoders "
                f"({', '.join(self.encoders)}) and imputers ({', '.join(self.imputers)})"
            )
        if self.max_nodes < 1 or self.max_steps < 0 or self.max_branch < 0:
            raise InputError(
                "the grammar has no valid pipeline: expected max_nodes of at least 1 and no "
                f"negative length, got max_nodes={self.max_nodes}, max_steps={self.max_steps}, "
                f"max_branch={self.max_branch}"
            )

    @classmethod
    def full(cls, kind: Kind) -> Grammar:
        """Return the grammar of all operators and of all learners that are installed."""
        learners = [CATALOGUE.get(name) for name in CATALOGUE.names()]
        suited = [each.name for each in learners if kind in each.kinds and each.is_installed]
        return cls(kind, tuple(OPERATORS), tuple(suited))

    @classmethod
    def for_table(cls, table: Table) -> Grammar:
        """Return the full grammar without what makes no difference on a table.

        Encoders of categories are left out if all columns are numbers, imputers but the usual one
        if no value is missing.
        """
        full = cls.full(table.kind)
        if not bool(table.X.isna().to_numpy().any()):
            full = replace(full, imputers=full.imputers[:1])
        if all(is_numeric_dtype(dtype) for dtype in table.X.dtypes):
            full = replace(full, encoders=("scaled", "ordinal", "native"))
        return full

    @property
    def has_unions(self) -> bool:
        """Whether a pipeline may branch."""
        return (
            bool(self.operators) and min(self.max_branch, self.max_steps, self.max_nodes - 2) > 0
        )

    def space_of(self, name: str) -> Space:
        """Return the space of an operator or a learner."""
        if name in OPERATORS:
            return operator_space(name, self.kind)
        return CATALOGUE.get(name).space(self.kind)

    def sample(self, rng: np.random.Generator, draws: PipelineDraws | None = None) -> Genotype:
        """Return a random pipeline."""
        draws = draws or Uniform()
        model = self.gene(draws.name("learner", self.learners, rng), rng, draws)
        most = min(self.max_steps, self.max_nodes - 1, len(_LENGTHS) - 1)
        lengths = np.array(_LENGTHS[: most + 1])
        n_steps = int(rng.choice(len(lengths), p=lengths / lengths.sum()))
        steps = list(self.chain(n_steps, rng, draws))
        left: Chain = ()
        right: Chain = ()
        if steps and self.has_unions and rng.random() < _P_UNION:
            steps[int(rng.integers(len(steps)))] = Gene(UNION)
            left, right = self.branches(rng, draws)
        encoder, imputer = self.preparation(model.name, rng, draws)
        return self.repaired(Genotype(encoder, tuple(steps), model, left, right, imputer))

    def chain(self, n: int, rng: np.random.Generator, draws: PipelineDraws | None = None) -> Chain:
        """Return `n` random transformers; none if the grammar has none."""
        if not self.operators:
            return ()
        draws = draws or Uniform()
        names = [draws.name("operator", self.operators, rng) for _ in range(n)]
        return tuple(self.gene(name, rng, draws) for name in names)

    def branches(
        self, rng: np.random.Generator, draws: PipelineDraws | None = None
    ) -> tuple[Chain, Chain]:
        """Return two random branches of a union; one of them may pass its input on."""
        n = 0 if rng.random() < _P_EMPTY else int(rng.integers(1, self.max_branch + 1))
        return self.chain(n, rng, draws), self.chain(1, rng, draws)

    def gene(
        self, name: str, rng: np.random.Generator, draws: PipelineDraws | None = None
    ) -> Gene:
        """Return an operator or a learner with random hyperparameters."""
        return (draws or Uniform()).gene(self.space_of(name), name, rng)

    def preparation(
        self, learner: str, rng: np.random.Generator, draws: PipelineDraws | None = None
    ) -> tuple[Preparation, Imputer]:
        """Return a random encoder, half of the time the learner's own, and imputer."""
        own = CATALOGUE.get(learner).preparation
        encoder: str = own
        if own not in self.encoders or rng.random() >= _P_OWN_ENCODER:
            encoder = (draws or Uniform()).name("encoder", self.encoders, rng)
        is_usual = rng.random() < _P_MEDIAN
        imputer = self.imputers[0 if is_usual else int(rng.integers(len(self.imputers)))]
        return encoder, imputer  # type: ignore[return-value]  # one of the encoders

    def repaired(self, genotype: Genotype) -> Genotype:
        """Return the valid pipeline nearest to a genotype, in its canonical form.

        Second unions and unions without steps are dropped, then the last steps until the pipeline
        is small enough. A learner that reads raw tables does so only without steps. The smaller
        branch of a union is the left one. Encoders and imputers that the grammar
        lacks are replaced.
        """
        cut = [chain[: self.max_branch] for chain in (genotype.left, genotype.right)]
        left, right = sorted(cut, key=_order)
        seen = not right or not self.has_unions
        steps: list[Gene] = []
        for gene in genotype.steps:
            if gene.name != UNION or not seen:
                steps.append(gene)
            seen |= gene.name == UNION
        found = _without_branches(
            replace(genotype, steps=tuple(steps[: self.max_steps]), left=left, right=right)
        )
        while found.size > self.max_nodes and found.steps:
            found = _without_branches(replace(found, steps=found.steps[:-1]))
        return _with_fitting_encoder(found, self)

    def is_valid(self, genotype: Genotype) -> bool:
        """Return whether a genotype is a pipeline of the grammar in its canonical form."""
        names = {gene.name for gene in (*genotype.steps, *genotype.left, *genotype.right)}
        known = names - {UNION} <= set(self.operators) and genotype.model.name in self.learners
        return known and self.repaired(genotype) == genotype


def _without_branches(genotype: Genotype) -> Genotype:
    return genotype if genotype.has_union else replace(genotype, left=(), right=())


def _with_fitting_encoder(genotype: Genotype, grammar: Grammar) -> Genotype:
    own = CATALOGUE.get(genotype.model.name).preparation
    encoder = genotype.encoder
    is_misplaced = encoder == "native" and (genotype.steps or own != "native")
    if is_misplaced or encoder not in grammar.encoders:
        matrices = [name for name in grammar.encoders if name != "native"]
        encoder = "ordinal" if "ordinal" in matrices else matrices[0]
    imputer = genotype.imputer if genotype.imputer in grammar.imputers else grammar.imputers[0]
    return replace(genotype, encoder=encoder, imputer="median" if encoder == "native" else imputer)


def _order(chain: Chain) -> tuple[int, str]:
    return len(chain), repr(chain)


def _refuse_unknown(what: str, names: Sequence[str], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownNameError(what, name, tuple(known))
