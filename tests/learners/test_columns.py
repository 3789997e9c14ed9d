"""Plain tables give the matrix that skrub gives; other tables are left to skrub."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from metalearn.learners.column_kinds import kind_of_column
from metalearn.learners.columns import ColumnVectorizer, skrub_vectorizer
from metalearn.learners.native_columns import NativeColumns

N = 60


def plain_table(rng):
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=N),
            "n": rng.integers(0, 9, N),
            "flag": rng.integers(0, 2, N).astype(bool),
            "words": rng.choice(["red", "green", "blue", "n/a", "A 12"], N),
            "cat": pd.Categorical(rng.choice(["lo", "hi"], N), categories=["lo", "hi", "x"]),
            "empty": np.nan,
            "rare": ["once", *["often"] * (N - 1)],
        }
    )  # fmt: skip
    frame.loc[::7, "x"] = np.nan
    frame["cat"] = frame["cat"].where(np.arange(N) % 9 > 0)
    frame["words"] = frame["words"].astype(object).where(np.arange(N) % 11 > 0)
    return frame


@pytest.mark.parametrize("encoding", ["one-hot", "ordinal"])
@pytest.mark.parametrize("part", [slice(0, 40), slice(20, N)])
def test_equals_skrub_on_plain_tables(encoding, part, rng):
    frame = plain_table(rng)
    seen, later = frame[part], frame.copy()
    later["cat"] = later["cat"].cat.add_categories("new")
    later.loc[3, "cat"], later.loc[4, "words"], later.loc[5, "x"] = "new", "new", np.nan
    ours, theirs = ColumnVectorizer(encoding), skrub_vectorizer(encoding)
    with np.errstate(all="ignore"):
        assert ours.fit_transform(seen) == pytest.approx(
            np.asarray(theirs.fit_transform(seen), dtype=float), nan_ok=True
        )
    assert ours.vectorizer_ is None
    assert ours.transform(later) == pytest.approx(
        np.asarray(theirs.transform(later), dtype=float), nan_ok=True
    )


@pytest.mark.parametrize("part", [slice(0, 40), slice(20, N)])
def test_native_columns_equal_skrub(part, rng):
    frame = plain_table(rng)
    later = frame.copy()
    later.loc[3, "words"] = "new"
    found = []
    for vectorizer in (ColumnVectorizer("native"), skrub_vectorizer("native")):
        pipeline = make_pipeline(vectorizer, NativeColumns())
        found.append([pipeline.fit_transform(frame[part]), pipeline.transform(later)])
    for ours, theirs in zip(*found, strict=True):
        pd.testing.assert_frame_equal(ours, theirs)


def table_of_many_categories(rng):
    n, streets = 300, [f"{a}{b} street" for a in "abcdefgh" for b in "klmnopq"]
    frame = pd.DataFrame(
        {
            "x": rng.normal(size=n),
            "street": pd.Series(rng.choice([*streets, "NA"], n)).astype(object),
            "colour": rng.choice(["red", "green"], n),
            "code": pd.Categorical(rng.choice([f"{i:03d}" for i in range(60)], n)),
        }
    )
    frame.loc[::7, ["street", "code"]] = None
    return frame


@pytest.mark.parametrize("encoding", ["one-hot", "ordinal", "native"])
def test_equals_skrub_on_many_categories(encoding, rng):
    frame = table_of_many_categories(rng)
    later = frame.head(20).copy()
    later["code"] = later["code"].cat.add_categories(["new", "unused"])
    later.loc[3, "code"], later.loc[4, "street"], later.loc[5, "x"] = "new", "new", np.nan
    ours, theirs = ColumnVectorizer(encoding), skrub_vectorizer(encoding)
    for method, rows in (("fit_transform", frame), ("transform", later)):
        found, expected = getattr(ours, method)(rows), getattr(theirs, method)(rows)
        if encoding == "native":
            assert [*found.columns] == [*expected.columns]
            found, expected = found.drop(columns="colour"), expected.drop(columns="colour")
        np.testing.assert_array_equal(
            np.asarray(found, dtype=float), np.asarray(expected, dtype=float)
        )
    assert ours.kinds_ == ["number", "hashed text", "text", "hashed"]


def test_a_column_with_the_name_of_a_hash_leaves_the_table_to_skrub(rng):
    frame = table_of_many_categories(rng).rename(columns={"x": "code_03"})
    made = ColumnVectorizer("native")
    assert made.fit_transform(frame).shape == (300, 34)
    assert made.vectorizer_ is not None


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ([1, 2, 3], "number"),
        ([True, False, True], "number"),
        ([np.nan, np.nan, np.nan], "missing"),
        (["a", "b", None], "text"),
        (["?", "b", "none"], "text"),
        (["1", "2", "3.5"], None),
        (["2020-01-01", "2020-02-01", "2020-03-01"], "day"),
        (["2020-01-01", None, "?"], "day"),
        (["2020-01-01", "2020-02-30", "2020-03-01"], None),
        (["01/01/2020", "02/01/2020", "03/01/2020"], None),
        (["2020-01-01 10:00", "2020-02-01 10:00", "2020-03-01 11:30"], None),
        (["12 station road", "7", "8"], "text"),
        (["12 monday", "3 PST", "12 august"], None),
        ([f"user {i}" for i in range(50)], "hashed text"),
        ([f"UTC {i}" for i in range(50)], None),
        (["may", "June", "july"], None),
        (["10-19", "20-29", "30-39"], None),
        (["inf", "nan", "1"], None),
        (["a", 1, "b"], None),
        (pd.Categorical(["a", "b", "a"]), "category"),
        (pd.Categorical([1, 2, 1]), None),
        (pd.date_range("2020", periods=3), None),
        ([f"user {chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(50)], "hashed text"),
        ([*["may", "?"] * 50, *(chr(97 + i) * 2 for i in range(20))], "text"),
        ([*["may"] * 50, *(chr(97 + i // 2) * (2 + i) for i in range(45))], None),
        (pd.Categorical([f"{i} may 2020" for i in range(50)]), "hashed"),
    ],
)
def test_kinds_of_columns(column, kind):
    assert kind_of_column(pd.Series(column)) == kind


def table_with_odd_columns(rng):
    frame = plain_table(rng)
    days = pd.date_range("2020-01-01", periods=N).strftime("%Y-%m-%d")
    return frame.assign(
        day=days.to_numpy(dtype=object),
        other_day=pd.date_range("2020-01-01", periods=N).strftime("%d/%m/%Y"),
        streets=[f"{i % 45} street" for i in range(N)],
        number_in_text=rng.choice(["1", "2.5", "-3"], N),
        notes=[f"hello foo {i / 7:.3f}" for i in range(N)],
        none=pd.Series([None] * N, dtype=object),
        when=pd.date_range("2021-03-04", periods=N, freq="h"),
        last=rng.normal(size=N),
    )[
        [
            "x",
            "day",
            "other_day",
            "words",
            "streets",
            "number_in_text",
            "none",
            "cat",
            "when",
            "last",
        ]
    ]


@pytest.mark.parametrize("encoding", ["one-hot", "ordinal", "native"])
def test_skrub_does_columns_that_are_not_plain_and_no_others(encoding, rng):
    frame = table_with_odd_columns(rng)
    frame.loc[7, ["day", "other_day"]], frame.loc[8, "day"] = None, "?"
    seen, later = frame[:50], frame.copy()
    later.loc[3, "day"], later.loc[4, "number_in_text"], later.loc[5, "words"] = None, "new", "new"
    later.loc[[6, 7, 8], "day"] = ["2020-02-31", " ", "1999-12-31"]
    ours, theirs = ColumnVectorizer(encoding), skrub_vectorizer(encoding)
    steps = (ours, theirs) if encoding != "native" else (
        make_pipeline(ours, NativeColumns()), make_pipeline(theirs, NativeColumns())
    )  # fmt: skip
    for method, rows in (("fit_transform", seen), ("transform", later)):
        found, expected = (getattr(step, method)(rows) for step in steps)
        if encoding == "native":
            pd.testing.assert_frame_equal(found, expected)
        else:
            np.testing.assert_array_equal(found, np.asarray(expected, dtype=found.dtype))
    assert [*ours.vectorizer_.feature_names_in_] == [
        "other_day", "number_in_text", "none", "when",
    ]  # fmt: skip
    assert ours.kinds_[1] == "day"
    assert ours.kinds_[4] == "hashed text"
    names, origins = ours.outputs()
    assert len(names) == len(origins) == np.asarray(ours.transform(later)).shape[1]
    expected = [
        [*frame.columns].index(theirs.output_to_input_[name]) for name in theirs.all_outputs_
    ]
    assert origins.tolist() == expected


def test_a_column_with_the_name_of_a_part_of_a_date_leaves_the_table_to_skrub(rng):
    frame = table_with_odd_columns(rng).rename(columns={"last": "day_year"})
    made = ColumnVectorizer("native")
    assert made.fit_transform(frame).shape[1] == len(
        skrub_vectorizer("native").fit(frame).all_outputs_
    )
    assert made.kinds_ == []
    assert list(made.transform(frame).columns) == list(made.vectorizer_.all_outputs_)


@pytest.mark.parametrize(
    "later",
    [
        pd.to_datetime(pd.Series(["2021-05-06 10:30", None])),
        pd.to_datetime(pd.Series(["2021-05-06 10:30", None])).dt.tz_localize("Europe/Berlin"),
        pd.Series([pd.Timestamp("2021-05-06"), "2021-05-07"], dtype=object),
        pd.Series([pd.Timestamp("2021-05-06").date(), None], dtype=object),
        pd.Series([None, None], dtype=object),
        pd.Series(["2021-05-06", "n/a"], dtype="category"),
    ],
)
def test_later_days_may_be_points_in_time(later):
    days = pd.date_range("2020-01-01", periods=N).strftime("%Y-%m-%d")
    frame = pd.DataFrame({"x": np.arange(float(N)), "day": days.to_numpy(dtype=object)})
    rows = frame.head(2).assign(day=later)
    ours, theirs = ColumnVectorizer("ordinal").fit(frame), skrub_vectorizer("ordinal").fit(frame)
    assert ours.vectorizer_ is None
    np.testing.assert_array_equal(ours.transform(rows), theirs.transform(rows))
