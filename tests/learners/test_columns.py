"""Plain tables give the matrix that skrub gives; other tables are left to skrub."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from metalearn.learners.columns import ColumnVectorizer, kind_of_column, skrub_vectorizer
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
        (["2020-01-01", "2020-02-01", "2020-03-01"], None),
        (["may", "June", "july"], None),
        (["10-19", "20-29", "30-39"], None),
        (["inf", "nan", "1"], None),
        (["a", 1, "b"], None),
        (pd.Categorical(["a", "b", "a"]), "category"),
        (pd.Categorical([1, 2, 1]), None),
        (pd.date_range("2020", periods=3), None),
        ([f"user {i}" for i in range(50)], None),
        ([f"user {chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(50)], "hashed text"),
        ([*["may", "?"] * 50, *(chr(97 + i) * 2 for i in range(20))], "text"),
        ([*["may"] * 50, *(chr(97 + i // 2) * (2 + i) for i in range(45))], None),
        (pd.Categorical([f"{i} may 2020" for i in range(50)]), "hashed"),
    ],
)
def test_kinds_of_columns(column, kind):
    assert kind_of_column(pd.Series(column)) == kind


def test_one_column_that_is_not_plain_leaves_the_table_to_skrub():
    frame = pd.DataFrame({"x": np.arange(20.0), "when": pd.date_range("2020", periods=20)})
    made = ColumnVectorizer("ordinal")
    assert np.asarray(made.fit_transform(frame)).shape[0] == 20
    assert made.vectorizer_ is not None
