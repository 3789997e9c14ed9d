"""The common list: endless, seeded, without doubles, unchanged where it has been used."""

from __future__ import annotations

import csv
import math
from collections import Counter
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import metalearn.catalogue as catalogue_module
from metalearn.learners import CATALOGUE, get
from metalearn.learners.algorithm import Algorithm, real
from metalearn.learners.common_list import TURNS, algorithm_list, common_list
from tests.recorded.sequences import FOLDER, sequence_rows

KINDS = ("classification", "regression")
RECORDED = Path(__file__).parents[1] / "recorded" / "common_list.csv"
TOY = Algorithm(
    "toy", ("classification", "regression"), "scaled",
    lambda kind: [real("alpha", 0.0, 1.0, 0.5)], lambda kind, values, seed: None,
)  # fmt: skip


@pytest.fixture
def with_toy(monkeypatch):
    """A learner installed from outside the package."""
    point = EntryPoint("toy", f"{__name__}:TOY", "metalearn.learners")
    monkeypatch.setattr(catalogue_module, "entry_points", lambda group: [point])
    monkeypatch.delitem(CATALOGUE.__dict__, "_entries", raising=False)
    yield
    CATALOGUE.__dict__.pop("_entries", None)


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
    defaults = [get(name).space(kind).default() for name in TURNS[kind]]
    assert common_list(kind, len(defaults)) == defaults


@pytest.mark.parametrize("kind", KINDS)
def test_algorithms_take_turns_in_proportion_to_their_share(kind):
    turns = TURNS[kind]
    drawn = common_list(kind, len(turns) + 200)[len(turns) :]
    counts = Counter(configuration.algorithm for configuration in drawn)
    for name, share in turns.items():
        assert abs(counts[name] - 200 * share / sum(turns.values())) <= 1.5


@pytest.mark.parametrize("kind", KINDS)
def test_another_seed_draws_others(kind):
    first, other = (common_list(kind, 60, seed) for seed in (0, 1))
    n_defaults = len(TURNS[kind])
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


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_learner_changes_nothing_of_the_list_and_has_a_sequence_of_its_own(kind, request):
    before = common_list(kind, 100)
    request.getfixturevalue("with_toy")
    assert "toy" in CATALOGUE.names()
    assert common_list(kind, 100) == before
    mine = algorithm_list("toy", kind, 20)
    assert mine == algorithm_list("toy", kind, 30)[:20]
    assert mine[0].hyperparameters == {"alpha": 0.5}
    assert len(set(mine)) == 20


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.csv")), ids=lambda file: file.stem)
def test_the_sequence_of_an_algorithm_is_the_recorded_one(file):
    """Recorded, not golden: see above. A new learner adds a file and changes none."""
    with file.open(newline="") as lines:
        assert [tuple(row) for row in csv.reader(lines)][1:] == sequence_rows(file.stem)


def test_every_algorithm_of_the_common_list_is_recorded_by_itself():
    recorded = {file.stem for file in FOLDER.glob("*.csv")}
    assert {name for turns in TURNS.values() for name in turns} <= recorded
