"""Mutation and crossover of pipelines.

A mutant differs in one place: a hyperparameter (0.5), an operator, learner or encoder replaced by
another of its type (0.2), one more step (0.15), or one step less (0.15). A child has the front of
one parent and the rest of the other: subtrees of equal type are exchanged (METHODS-2 C).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from metalearn.core.point_moves import moved_point
from metalearn.pipelines.genotype import UNION, Chain, Gene, Genotype
from metalearn.pipelines.grammar import Grammar

__all__ = ["crossed", "mutated"]

_TRIES = 50
_P_NEW_UNION = 0.2
_CHAINS = ("steps", "left", "right")


def mutated(genotype: Genotype, grammar: Grammar, rng: np.random.Generator) -> Genotype:
    """Return a pipeline that differs in one place; the same one if no other was found."""
    moves: tuple[_Move, ...] = (_changed, _replaced, _inserted, _deleted)
    for _ in range(_TRIES):
        move = moves[int(rng.choice(len(moves), p=(0.5, 0.2, 0.15, 0.15)))]
        found = grammar.repaired(move(genotype, grammar, rng))
        if found != genotype:
            return found
    return genotype


def crossed(
    first: Genotype, second: Genotype, grammar: Grammar, rng: np.random.Generator
) -> Genotype:
    """Return the front of the second pipeline with the rest and the learner of the first."""
    for _ in range(_TRIES):
        i = int(rng.integers(len(first.steps) + 1))
        j = int(rng.integers(len(second.steps) + 1))
        front, rest = second.steps[:j], first.steps[i:]
        giver = second if any(gene.name == UNION for gene in front) else first
        found = grammar.repaired(
            replace(
                first, encoder=second.encoder, imputer=second.imputer, steps=(*front, *rest),
                left=giver.left, right=giver.right,
            )
        )  # fmt: skip
        if found not in (first, second):
            return found
    return first


_Move = Callable[[Genotype, Grammar, np.random.Generator], Genotype]


def _changed(genotype: Genotype, grammar: Grammar, rng: np.random.Generator) -> Genotype:
    """Change one hyperparameter of one operator or of the learner."""
    places = [(chain, i) for chain, i, gene in _genes(genotype) if gene.values]
    if not places:
        return genotype
    chain, i = places[int(rng.integers(len(places)))]
    gene = _gene_at(genotype, chain, i)
    space = grammar.space_of(gene.name)
    (point,) = space.encode([dict(gene.values)])
    moved = moved_point(space, point, lambda: rng.random(space.n_axes), rng)
    values = space.decode(moved[None, :])[0].hyperparameters
    return _with_gene(genotype, chain, i, Gene.of(gene.name, values))


def _replaced(genotype: Genotype, grammar: Grammar, rng: np.random.Generator) -> Genotype:
    """Replace an operator, the learner, the encoder or the imputer by another one."""
    places = [*((chain, i) for chain, i, _ in _genes(genotype)), ("encoder", 0), ("imputer", 0)]
    chain, i = places[int(rng.integers(len(places)))]
    if chain == "encoder":
        return replace(
            genotype, encoder=grammar.encoders[int(rng.integers(len(grammar.encoders)))]
        )
    if chain == "imputer":
        return replace(
            genotype, imputer=grammar.imputers[int(rng.integers(len(grammar.imputers)))]
        )
    if chain == "model":
        gene = grammar.gene(grammar.learners[int(rng.integers(len(grammar.learners)))], rng)
    else:
        gene = next(iter(grammar.chain(1, rng)), _gene_at(genotype, chain, i))
    return _with_gene(genotype, chain, i, gene)


def _inserted(genotype: Genotype, grammar: Grammar, rng: np.random.Generator) -> Genotype:
    """Insert a random operator, in a union's branch too, or a union."""
    if genotype.size >= grammar.max_nodes or not grammar.operators:
        return genotype
    if grammar.has_unions and not genotype.has_union and rng.random() < _P_NEW_UNION:
        left, right = grammar.branches(rng)
        return replace(
            genotype, steps=_put(genotype.steps, Gene(UNION), rng), left=left, right=right
        )
    chains = _CHAINS if genotype.has_union else _CHAINS[:1]
    chain = chains[int(rng.integers(len(chains)))]
    longer = _put(getattr(genotype, chain), grammar.chain(1, rng)[0], rng)
    return _with_chain(genotype, chain, longer)


def _deleted(genotype: Genotype, grammar: Grammar, rng: np.random.Generator) -> Genotype:  # noqa: ARG001  # one signature
    """Delete one step; with a union both of its branches."""
    places = [(chain, i) for chain, i, _ in _genes(genotype) if chain != "model"]
    if not places:
        return genotype
    chain, i = places[int(rng.integers(len(places)))]
    old = getattr(genotype, chain)
    return _with_chain(genotype, chain, (*old[:i], *old[i + 1 :]))


def _genes(genotype: Genotype) -> list[tuple[str, int, Gene]]:
    found = [(name, i, gene) for name in _CHAINS for i, gene in enumerate(getattr(genotype, name))]
    return [*found, ("model", 0, genotype.model)]


def _gene_at(genotype: Genotype, chain: str, i: int) -> Gene:
    gene: Gene = genotype.model if chain == "model" else getattr(genotype, chain)[i]
    return gene


def _with_gene(genotype: Genotype, chain: str, i: int, gene: Gene) -> Genotype:
    if chain == "model":
        return replace(genotype, model=gene)
    old = getattr(genotype, chain)
    return _with_chain(genotype, chain, (*old[:i], gene, *old[i + 1 :]))


def _with_chain(genotype: Genotype, name: str, chain: Chain) -> Genotype:
    steps = chain if name == "steps" else genotype.steps
    left = chain if name == "left" else genotype.left
    right = chain if name == "right" else genotype.right
    return replace(genotype, steps=steps, left=left, right=right)


def _put(chain: Chain, gene: Gene, rng: np.random.Generator) -> Chain:
    at = int(rng.integers(len(chain) + 1))
    return (*chain[:at], gene, *chain[at:])
