"""The common list: endless, seeded, without doubles, unchanged where it has been used."""

from __future__ import annotations

import csv
import math
from collections import Counter
from pathlib import Path

import pytest

from metalearn.learners import CATALOGUE, get
from metalearn.learners.common_list import algorithm_list, common_list

KINDS = ("classification", "regression")
RECORDED = Path(__file__).parents[1] / "recorded" / "common_list.csv"


@pytest.mark.parametrize("kind", KINDS)
def test_a_shorter_list_is_a_prefix(kind):
    long = common_list(kind, 200)
    assert len(long) == 200
    for n in (0, 1, 17, 199):
        assert common_list(kind, n) == long[:n]


@pytest.mark.parametrize("kind", KINDS)
def test_no_configuration_twice_and_all_inside_their_space(kind):
    listed = common_list(kind, 200)
    assert len({configuration.key for configuration in listed}) == 200
    for configuration in listed:
        space = get(configuration.algorithm).space(kind)
        assert space.decode(space.encode([configuration])) == [configuration]


@pytest.mark.parametrize("kind", KINDS)
def test_defaults_come_first(kind):
    algorithms = [a for a in map(get, CATALOGUE.names()) if kind in a.kinds]
    defaults = [algorithm.space(kind).default() for algorithm in algorithms]
    assert common_list(kind, len(defaults)) == defaults


@pytest.mark.parametrize("kind", KINDS)
def test_algorithms_take_turns_in_proportion_to_their_share(kind):
    algorithms = [a for a in map(get, CATALOGUE.names()) if kind in a.kinds]
    total = sum(algorithm.share for algorithm in algorithms)
    drawn = common_list(kind, len(algorithms) + 200)[len(algorithms) :]
    counts = Counter(configuration.algorithm for configuration in drawn)
    for algorithm in algorithms:
        assert abs(counts[algorithm.name] - 200 * algorithm.share / total) <= 1.5


@pytest.mark.parametrize("kind", KINDS)
def test_another_seed_draws_others(kind):
    first, other = (common_list(kind, 60, seed) for seed in (0, 1))
    n_defaults = sum(kind in get(name).kinds for name in CATALOGUE.names())
    assert first[:n_defaults] == other[:n_defaults]
    assert not set(first[n_defaults:]) & set(other[n_defaults:])


@pytest.mark.parametrize("kind", KINDS)
def test_the_list_of_one_algorithm_continues_what_the_common_list_holds_of_it(kind):
    long = common_list(kind, 200)
    for name in {configuration.algorithm for configuration in long}:
        mine = [c for c in long if c.algorithm == name]
        assert algorithm_list(name, kind, len(mine)) == mine


def test_a_finite_space_gives_all_it_has():
    cells = [axis.n_cells for axis in get("k_nearest_neighbors").space("regression").axes]
    assert len(algorithm_list("k_nearest_neighbors", "regression", 10_000)) == math.prod(cells)


@pytest.mark.parametrize("kind", KINDS)
def test_the_list_is_the_recorded_one(kind):
    """Recorded, not golden: what is stored under these keys must still be found.

    A change here means that everything collected so far has to be collected again.
    """
    with RECORDED.open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == kind]
    got = [(c.algorithm, c.key) for c in common_list(kind, 64)]
    assert got == [(row["algorithm"], row["key"]) for row in rows]
