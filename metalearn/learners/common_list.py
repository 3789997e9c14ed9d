"""The common list: one seeded, ordered, endless list of configurations per kind of task.

Every task is evaluated on a prefix of the same list, so the matrix is complete and grows without
touching what is there: first the default of each algorithm, then random configurations, the
algorithms taking turns in proportion to their share. Each algorithm draws from a generator of its
own, named after it, so adding an algorithm changes no configuration of the others.
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

__all__ = ["common_list"]


def common_list(kind: Kind, n: int, seed: int = 0) -> list[Configuration]:
    """Return the first `n` configurations of the list; a shorter list is a prefix of a longer."""
    return list(islice(_endless(kind, seed), n))


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
        yield next(streams[turn])


def _stream(
    algorithm: Algorithm, kind: Kind, seed: int, seen: set[str]
) -> Iterator[Configuration]:
    name = zlib.crc32(f"{algorithm.name}/{kind}".encode())
    rng = np.random.default_rng([seed, name])
    space = algorithm.space(kind)
    while True:
        (drawn,) = space.sample(1, rng)
        if drawn.key not in seen:
            seen.add(drawn.key)
            yield drawn
