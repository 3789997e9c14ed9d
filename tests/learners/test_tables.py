"""Tables and targets as people have them: each can be used, or is refused with a reason."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from metalearn.errors import InputError
from metalearn.learners.table_checks import check_values
from metalearn.learners.tables import as_table

N = 40
NUMBER = pd.Series(np.linspace(-1.0, 1.0, N))
CLASSES = pd.Series(["a", "b"] * (N // 2))


def frame(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"x": NUMBER, **columns})


def repeated(values: list[object], dtype: object = object) -> pd.Series:
    return pd.Series((values * N)[:N], dtype=dtype)


class TestTargets:
    @pytest.mark.parametrize(
        ("target", "kind", "n_classes"),
        [
            (CLASSES, "classification", 2),
            (repeated([True, False], bool), "classification", 2),
            (repeated([True, False], "boolean"), "classification", 2),
            (repeated(["u", "v", "w"], "string"), "classification", 3),
            (pd.Series(pd.Categorical(CLASSES, categories=list("abc"))), "classification", 2),
            (repeated([0, 1], "Int64"), "classification", 2),
            (repeated([0, 1, 2], int), "classification", 3),
            (repeated([0.0, 1.0], float), "classification", 2),
            (repeated([1, 2], object), "classification", 2),
            (pd.Series(range(N)), "regression", None),
            (NUMBER, "regression", None),
            (pd.Series(range(N), dtype="Int64"), "regression", None),
            (NUMBER.astype("Float64"), "regression", None),
            (pd.Series([Decimal(i) / 7 for i in range(N)]), "regression", None),
            (pd.Series([10**25 + i * 10**22 for i in range(N)], dtype=object), "regression", None),
        ],
    )
    def test_kind_is_guessed(self, target, kind, n_classes):
        table = as_table(frame(), target)
        assert (table.kind, table.n_classes) == (kind, n_classes)
        assert len(table.y) == len(table.X) == N
        if kind == "regression":
            assert table.y.dtype == np.float64
            assert np.isfinite(table.y).all()

    def test_kind_can_be_said(self):
        assert as_table(frame(), repeated([0, 1, 2], int), kind="regression").kind == "regression"
        many = as_table(frame(), pd.Series(range(N)) // 2, kind="classification")
        assert many.n_classes == N // 2

    def test_unused_categories_are_forgotten(self):
        target = pd.Series(pd.Categorical(CLASSES, categories=list("abc")))
        assert list(as_table(frame(), target).y.cat.categories) == ["a", "b"]

    def test_rows_without_target_are_left_out_and_counted(self):
        target = CLASSES.where(np.arange(N) % 4 > 0)
        table = as_table(frame(), target)
        assert table.n_dropped == N // 4
        assert list(table.X.index) == list(range(N - N // 4))
        np.testing.assert_array_equal(table.X["x"], NUMBER[target.notna()])

    def test_the_index_does_not_matter(self):
        shuffled = frame().set_axis(range(100, 100 + N))
        pd.testing.assert_frame_equal(as_table(shuffled, CLASSES).X, frame())

    @pytest.mark.parametrize(
        ("target", "reason"),
        [
            (pd.Series([None] * N), "'target' is missing in all 40 rows"),
            (pd.Series([np.nan] * N), "'target' is missing in all 40 rows"),
            (repeated(["a"]), r"has one value only \('a'\); nothing to predict"),
            (repeated(["a", None]), r"has one value only \('a'\); nothing to predict"),
            (repeated([1.5], float), "has one value only .*1.5.*; nothing to predict"),
            (CLASSES.where(np.arange(N) < 9), "9 rows with a target; at least 10"),
            (
                pd.Series([f"id{i}" for i in range(N)]),
                "each of the 40 rows has a class of its own",
            ),
            (NUMBER.replace(1.0, np.inf), "'target' has infinite values; leave them out"),
            (pd.Series([[1, 2]] * N), "holds list values; expected classes"),
            (pd.Series([{"a": 1}] * N), "holds dict values; expected classes"),
            (NUMBER + 1j, "holds complex.* values; expected classes"),
            (pd.Series(pd.date_range("2020", periods=N)), "holds dates or spans of time; turn it"),
            (pd.Series(pd.to_timedelta(range(N), unit="h")), "holds dates or spans of time"),
            (pd.Series(pd.period_range("2020", periods=N)), "holds dates or spans of time"),
            (pd.Series([10**400 + i for i in range(N)], dtype=object), "numbers beyond 2e.308"),
            (CLASSES[:-1], "40 rows, but 39 targets; they must be equal"),
        ],
    )
    def test_refused(self, target, reason):
        with pytest.raises(InputError, match=reason):
            as_table(frame(), target)

    def test_text_is_no_number(self):
        with pytest.raises(InputError, match="'target' is not a number in some rows: 'a'"):
            as_table(frame(), CLASSES, kind="regression")


class TestColumns:
    @pytest.mark.parametrize(
        ("column", "reason"),
        [
            (NUMBER.replace(1.0, np.inf), r"infinite values in \['c'\]; replace them"),
            (NUMBER.astype("float32").replace(1.0, -np.inf), r"infinite values in \['c'\]"),
            (repeated([1, "a", np.inf]), r"infinite values in \['c'\]; replace them"),
            (repeated([np.inf, None, 1.0], "Float64"), r"infinite values in \['c'\]"),
            (repeated([[1], [2]]), r"columns \['c'\] hold lists or other containers"),
            (pd.Series([None] * (N - 1) + [{"k": 1}]), r"columns \['c'\] hold lists"),
            (repeated([np.zeros(2)]), r"columns \['c'\] hold lists or other containers"),
            (repeated([[1]], pd.ArrowDtype(pa.list_(pa.int64()))), r"columns \['c'\] hold lists"),
            (NUMBER + 1j, r"columns \['c'\] hold complex numbers; make real and imaginary"),
            (repeated([1, 1j]), r"columns \['c'\] hold complex numbers"),
        ],
    )
    def test_refused(self, column, reason):
        with pytest.raises(InputError, match=reason):
            as_table(frame(c=column), CLASSES)

    def test_nothing_to_learn_from(self):
        with pytest.raises(InputError, match="there is no column beside the target"):
            as_table(pd.DataFrame({"y": CLASSES}), "y")
        useless = pd.DataFrame({"one": [1] * N, "none": [None] * N, "y": CLASSES})
        with pytest.raises(InputError, match="all 2 columns are constant or missing in all rows"):
            as_table(useless, "y")

    def test_a_constant_with_holes_says_something(self):
        table = as_table(pd.DataFrame({"c": repeated([1.0, None], float), "y": CLASSES}), "y")
        assert table.X.shape == (N, 1)

    @pytest.mark.parametrize("names", [["a", "a", "y"], [1, "1", "y"], ["a", "y", "y"]])
    def test_duplicate_names(self, names):
        values = pd.concat([NUMBER, NUMBER, CLASSES], axis=1).set_axis(names, axis=1)
        with pytest.raises(InputError, match=r"duplicate column names .*; rename them"):
            as_table(values, "y")

    def test_many_columns_are_not_all_listed(self):
        wide = pd.DataFrame(np.zeros((N, 100)), columns=[f"c{i}" for i in range(100)])
        with pytest.raises(InputError, match="'c19' and 80 more"):
            as_table(wide, "z")

    def test_no_rows(self):
        with pytest.raises(InputError, match="no rows; at least 10"):
            as_table(pd.DataFrame({"x": [], "y": []}), "y")

    def test_names_need_not_be_text(self):
        table = as_table(pd.DataFrame({0: NUMBER, 1.5: NUMBER, "a": NUMBER}), CLASSES)
        assert table.X.shape == (N, 3)


class TestTask:
    def test_counts(self):
        task = as_table(frame(c=CLASSES), CLASSES, name="t").task()
        assert (task.key, task.name, task.kind) == ("table:t", "t", "classification")
        assert (task.n_rows, task.n_features, task.n_classes) == (N, 2, 2)

    def test_digest_tells_content_apart(self):
        tables = [
            frame(),
            frame().rename(columns={"x": "z"}),
            frame().iloc[::-1].reset_index(drop=True),
            frame(c=CLASSES),
            frame(c=dt.date(2020, 1, 1)),
        ]
        digests = [as_table(table, CLASSES).digest() for table in tables]
        assert len(set(digests)) == len(tables)
        assert as_table(frame(), CLASSES[::-1].reset_index(drop=True)).digest() != digests[0]
        assert as_table(frame(), CLASSES).digest() == digests[0]


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([1.0, np.inf, 2.0], "infinite values in 'bad'|infinite values in"),
        ([1.0, float("-inf"), "x"], "infinite values"),
        ([1j, 2j, 3j], "complex numbers"),
        ([[1], [2], [3]], "lists or other containers"),
    ],
)
def test_columns_that_cannot_be_prepared_are_refused_beside_any_others(column, said):
    good = {"b": [True, False, True], "i": [1, 2, 3], "f": [0.5, 1.5, np.nan], "t": list("xyz")}
    for names in ([], ["b"], ["f"], ["b", "i", "f", "t"]):
        frame = pd.DataFrame({name: good[name] for name in names})
        check_values("t", frame)
        bad = pd.Series(column, name="bad")
        with pytest.raises(InputError, match=said):
            check_values("t", frame.assign(bad=bad) if names else bad.to_frame())
