"""A table far outside the known tasks is said to be, with how far."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import metric_named
from metalearn.core.task import Task
from metalearn.learners.tables import Table
from metalearn.numerics.runtime_model import fit_runtime_model
from metalearn.workflows.recommend.known import Known
from metalearn.workflows.recommend.reach import notes_on_reach, times_known_rows

META = MetaDataset(
    metric_named("accuracy"),
    tuple(Task(f"t{i}", f"t{i}", n_rows=5000, n_features=10 + i, n_classes=3) for i in range(4)),
    (Configuration("ridge", {"alpha": 1.0}),),
    np.zeros((4, 1)),
)
SECONDS = fit_runtime_model(np.full(4, 1000.0), np.arange(10.0, 14.0), np.ones((4, 1)))
KNOWN = Known("", META, (), np.zeros(4), np.zeros(1, dtype=bool), SECONDS, (), largest_fit=1000.0)
UNTIMED = replace(KNOWN, runtimes=None)


def _table(n_rows: int, n_columns: int = 5, n_classes: int = 2) -> Table:
    X = pd.DataFrame(np.zeros((n_rows, n_columns)))
    y = pd.Series((np.arange(n_rows) % n_classes).astype(str), name="y")
    return Table("mine", "classification", X, y, "y")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (_table(3900), []),
        (_table(20_000), ["20,000 rows, 20 times the 1,000"]),
        (
            _table(100, n_columns=130),
            ["130 columns, 10 times those of the widest known task (13)"],
        ),
        (_table(100, n_classes=20), ["20 classes, the known tasks at most 3"]),
        (_table(5000, 60, 20), ["5,000 rows", "60 columns", "20 classes"]),
    ],
)
def test_each_size_far_outside_is_named(table: Table, said: list[str]) -> None:
    notes = notes_on_reach(table, KNOWN)
    if said:  # the last one is on seconds
        assert "seconds hold within a factor of" in notes.pop()
    assert len(notes) == len(said)
    assert all(part in note for part, note in zip(said, notes, strict=True))


def test_the_factor_of_seconds_grows_with_the_distance() -> None:
    factors = [
        float(re.findall(r"factor of ([\d.]+)", notes_on_reach(_table(n), KNOWN)[-1])[0])
        for n in (5_000, 50_000, 500_000)
    ]
    assert 1.0 < factors[0] < factors[1] < factors[2]


def test_rows_of_a_table_over_the_known_ones() -> None:
    assert times_known_rows(_table(2000), KNOWN) == pytest.approx(2.0)
    assert times_known_rows(_table(2000), replace(KNOWN, largest_fit=np.inf)) == 0.0


def test_without_seconds_rows_count_all_the_same() -> None:
    (note,) = notes_on_reach(_table(6000), UNTIMED)
    assert "6,000 rows, 6 times the 1,000" in note
    assert note.endswith("their order, scores and seconds are extrapolated")


def test_seconds_measured_on_more_rows_are_not_called_extrapolated() -> None:
    at_size = fit_runtime_model(np.full(4, 6000.0), np.arange(10.0, 14.0), np.ones((4, 1)))
    known = replace(KNOWN, runtimes=at_size)
    note, _ = notes_on_reach(_table(20_000), known)
    assert "order and scores are extrapolated; seconds were measured on up to 6,000 rows" in note
    note, _ = notes_on_reach(_table(25_000), known)
    assert "order, scores and seconds are extrapolated" in note


@pytest.mark.parametrize(("n_texts", "said"), [(0, None), (1, "1 column has"), (3, "3 columns")])
def test_columns_of_text_are_named(n_texts: int, said: str | None) -> None:
    counted = replace(
        META, meta_features=np.full((4, 1), 30.0), meta_feature_names=("nr_levels.max",)
    )
    table = _table(900)
    texts = {f"text{j}": [f"word {i}" for i in range(900)] for j in range(n_texts)}
    dates = pd.date_range("2020-01-01", periods=900)
    table = replace(table, X=table.X.assign(**texts, day=dates, few=["a", "b"] * 450))
    notes = notes_on_reach(table, replace(KNOWN, meta=counted))
    assert (said is None) == (notes == [])
    if said:
        assert notes[0].startswith(said)
        assert "up to 900 different texts or categories in 900 rows" in notes[0]
        assert "known task at most 30" in notes[0]
    assert notes_on_reach(table, KNOWN) == [], "nobody counted the categories of known tasks"


def test_a_table_whose_meta_features_come_from_a_sample_is_said_to_be_sampled() -> None:
    assert len(notes_on_reach(_table(300_000, 20), KNOWN)) == 2  # at the limit of cells
    sampled = notes_on_reach(_table(300_001, 20), KNOWN)[-1]
    assert "6,000,020 cells, more than 6,000,000" in sampled
