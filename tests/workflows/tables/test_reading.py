"""One reading for every face: files, frames and arrays with the same content are the same task."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp

from metalearn.errors import InputError, UsageError
from metalearn.workflows.tables.reading import TargetWarning, checked_table

N = 60
RNG = np.random.default_rng(0)
X = pd.DataFrame({"a": RNG.normal(size=N), "b": RNG.integers(0, 9, N)})
Y = pd.Series([None] * 5 + ["u", "v", "w"] * 18 + ["u"], name="t")
DAYS = pd.date_range("2020-01-01", periods=N)


def test_the_same_content_is_the_same_task(tmp_path: Path) -> None:
    both = X.assign(t=Y)
    both.to_csv(tmp_path / "table.csv", index=False)
    both.to_parquet(tmp_path / "table.parquet")
    tasks = [
        checked_table(X, Y),
        checked_table(both, "t"),
        checked_table(pl.from_pandas(both), "t"),
        checked_table(pa.table(both), "t"),
        checked_table(pa.table(X), pa.array(Y, from_pandas=True)),
        checked_table(X, pd.DataFrame({"t": Y})),
        checked_table(X.assign(id=range(N)), Y, ignore="id"),
        checked_table(tmp_path / "table.csv", "t"),
        checked_table(str(tmp_path / "table.parquet"), "t"),
    ]
    assert len({table.digest() for table in tasks}) == 1
    assert {table.n_dropped for table in tasks} == {5}
    assert all(table.notes == ("5 rows without a target were left out",) for table in tasks)
    assert checked_table(tasks[0]) is tasks[0]


def test_sparse_and_dense_are_the_same_task() -> None:
    dense = np.where(RNG.random((N, 6)) < 0.7, 0.0, 1.5)
    found = {checked_table(form(dense), Y).digest() for form in (np.asarray, sp.csr_matrix)}
    assert len(found) == 1


@pytest.mark.parametrize(
    ("y", "look"),
    [
        (DAYS[: N // 2].astype(str).tolist() * 2, "holds dates in text: '2020-01-01'"),
        ([f"id-{i // 2}" for i in range(N)], "holds text such as 'id-0'"),
        ([f"{i // 3}.5 " if i else "n/a" for i in range(N)], "most of it numbers"),
    ],
)
def test_a_target_of_hardly_repeated_classes_is_doubted(y: list[str], look: str) -> None:
    with pytest.warns(TargetWarning, match="read as classification with"):
        table = checked_table(X, y)
    (note,) = table.notes
    assert look in note
    assert "--kind regression" in note


@pytest.mark.parametrize("y", [DAYS.astype(str), [f"name {i}" for i in range(N)]])
def test_a_class_a_row_is_refused_with_the_way_out(y: object) -> None:
    with pytest.raises(InputError, match=r"class of its own(.|\n)*--kind regression"):
        checked_table(X, y)


def test_dates_are_days_for_regression() -> None:
    """2020-01-01 is 18,262 days after 1970-01-01: 50 years, 12 of them leap years."""
    for y in (DAYS, DAYS.astype(str), DAYS.tz_localize("UTC")):
        assert checked_table(X, y, kind="regression").y.head(2).tolist() == [18262.0, 18263.0]
    with pytest.raises(InputError, match="--kind regression"):
        checked_table(X, DAYS)


def test_usual_targets_are_not_doubted() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not checked_table(X, ["u", "v"] * (N // 2)).doubts
        assert not checked_table(X, [f"c{i // 5}" for i in range(N)]).doubts
        assert not checked_table(X, np.arange(N)).doubts


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("table.csv", None), "name the target column"),
        (("table.csv", [1, 2]), "must be the name of its target column"),
        ((X, None), "target y is missing"),
    ],
)
def test_without_a_target(given: tuple[object, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        checked_table(*given)


def test_names_of_columns_that_are_nearly_right() -> None:
    with pytest.raises(InputError, match="did you mean 'price_eur'"):
        checked_table(X.assign(price_eur=1.0), "price_euro")
    with pytest.raises(UsageError, match="did you mean 'customer'"):
        checked_table(X.assign(customer=1.0), Y, ignore="custmer")
    with pytest.raises(UsageError, match="kind must be"):
        checked_table(X, Y, kind="ranking")  # type: ignore[arg-type]


def test_a_comma_separates_unless_a_column_has_it() -> None:
    frame = X.rename(columns={"a": "a, b", "b": "c"}).assign(d=1.0, e=np.arange(N))
    assert list(checked_table(frame, Y, ignore="a, b").X) == ["c", "d", "e"]
    assert list(checked_table(frame, Y, ignore=["c,d"]).X) == ["a, b", "e"]
