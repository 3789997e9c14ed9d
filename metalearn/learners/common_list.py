"""The common list: one seeded, ordered, endless list of configurations per kind of task.

Every task is evaluated on a prefix of the same list, so the matrix is complete and grows without
touching what is there: first the default of each algorithm, then random configurations, the
algorithms taking turns in proportion to their share. Each algorithm draws from a generator of its
own, named after it, so adding an algorithm changes no configuration of the others, and the list of
one algorithm alone continues what the common list holds of it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from itertools import islice

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.task import Kind
from metalearn.learners import CATALOGUE
from metalearn.learners.algorithm import Algorithm

__all__ = ["algorithm_list", "common_list"]

_GIVE_UP_AFTER = 10_000  # draws that were all known: a finite space is exhausted


def common_list(kind: Kind, n: int, seed: int = 0) -> list[Configuration]:
    """Return the first `n` configurations of the list; a shorter list is a prefix of a longer."""
    return list(islice(_endless(kind, seed), n))


def algorithm_list(name: str, kind: Kind, n: int, seed: int = 0) -> list[Configuration]:
    """Return the first `n` configurations of one algorithm: its default, then those of its stream.

    A space of fewer configurations gives all it has.

    Raises:
        UnknownNameError: If there is no such algorithm.
        UsageError: If it does not learn this kind of task.
    """
    algorithm = CATALOGUE.get(name)
    default = algorithm.space(kind).default()
    return [default, *islice(_stream(algorithm, kind, seed, {default.key}), n - 1)]


def _endless(kind: Kind, seed: int) -> Iterator[Configuration]:
    algorithms = [a for a in map(CATALOGUE.get, CATALOGUE.names()) if kind in a.kinds]
    seen: set[str] = set()
    for algorithm in algorithms:
        default = algorithm.space(kind).default()
        seen.add(default.key)
        yield default
    streams = {a.name: _stream(a, kind, seed, seen) for a in algorithms}
    total = sum(a.share for a in algorithms)
    credit = dict.fromkeys(streams, 0.0)
    while True:
        for algorithm in algorithms:
            credit[algorithm.name] += algorithm.share / total
        turn = max(credit, key=lambda name: credit[name])
        credit[turn] -= 1.0
        drawn = next(streams[turn], None)
        if drawn is not None:
            yield drawn


def _stream(
    algorithm: Algorithm, kind: Kind, seed: int, seen: set[str]
) -> Iterator[Configuration]:
    name = zlib.crc32(f"{algorithm.name}/{kind}".encode())
    rng = np.random.default_rng([seed, name])
    space = algorithm.space(kind)
    repeated = 0
    while repeated < _GIVE_UP_AFTER:
        (drawn,) = space.sample(1, rng)
        repeated += 1
        if drawn.key not in seen:
            seen.add(drawn.key)
            repeated = 0
            yield drawn
