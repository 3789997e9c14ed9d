"""Small tables for tests: plain, categorical and mixed ones, and hostile ones."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_iris, load_wine, make_classification

__all__ = ["HOSTILE", "TABLES", "Table"]

Table = tuple[pd.DataFrame, pd.Series]
ROWS = 200


def iris() -> Table:
    """Return a table with 150 rows, 4 numbers, 3 classes."""
    data = load_iris(as_frame=True)
    return data.data, data.target


def wine() -> Table:
    """Return a table with 178 rows, 13 numbers, 3 classes."""
    data = load_wine(as_frame=True)
    return data.data, data.target


def breast_cancer() -> Table:
    """Return a table with 569 rows, 30 numbers, 2 classes."""
    data = load_breast_cancer(as_frame=True)
    return data.data, data.target


def gaussian() -> Table:
    """Return a table with 600 rows, 10 numbers, 3 classes of Gaussian clusters."""
    X, y = make_classification(600, 10, n_informative=5, n_classes=3, random_state=3)
    return pd.DataFrame(X), pd.Series(y)


def categorical() -> Table:
    """Return a table with 300 rows, 4 categorical columns, 3 classes (given by column `a`)."""
    rng = np.random.default_rng(4)
    y = rng.choice(["no", "yes", "maybe"], 300, p=[0.5, 0.3, 0.2])
    X = pd.DataFrame(
        {
            "a": np.where(rng.random(300) < 0.6, y, rng.choice(["no", "yes"], 300)),
            "b": rng.choice(["x", "y", "z", "w"], 300),
            "c": rng.choice(["on", "off"], 300, p=[0.9, 0.1]),
            "d": rng.choice([f"level{i}" for i in range(12)], 300),
        }
    )
    return X, pd.Series(y)


def mixed() -> Table:
    """Return a table with 400 rows, 6 numbers and 2 categorical columns, 2 classes."""
    X, y = make_classification(400, 6, n_informative=4, random_state=5)
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(6)])
    frame["colour"] = np.where((y == 1) & (rng.random(400) < 0.5), "red",
                               rng.choice(["blue", "green"], 400))  # fmt: skip
    frame["shape"] = rng.choice(["round", "square", "flat"], 400)
    return frame, pd.Series(y)


TABLES: dict[str, Callable[[], Table]] = {
    f.__name__: f for f in (iris, wine, breast_cancer, gaussian, categorical, mixed)
}


def _binary(n: int = ROWS) -> pd.Series:
    return pd.Series(np.random.default_rng(1).choice(["a", "b"], n))


def _normal(n: int = ROWS, p: int = 3) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(2).normal(size=(n, p)))


def all_missing() -> Table:
    """Return a table with columns of several types without a value."""
    columns = {
        "none": [None] * ROWS,
        "nan": [np.nan] * ROWS,
        "integer": pd.Series([pd.NA] * ROWS, dtype="Int64"),
        "category": pd.Series([None] * ROWS, dtype="category"),
    }
    return pd.DataFrame(columns), _binary()


def constant() -> Table:
    """Return a table with columns with one value."""
    return pd.DataFrame({"a": [1] * ROWS, "b": ["x"] * ROWS}), _binary()


def one_row_per_class() -> Table:
    """Return a table with a class for each row."""
    return _normal(), pd.Series([f"class {i}" for i in range(ROWS)])


def one_class() -> Table:
    """Return a table with a single class."""
    return _normal(), pd.Series(["only"] * ROWS)


def many_categories() -> Table:
    """Return a table with an identifier with 50,000 levels."""
    n = 50_000
    numbers = np.random.default_rng(3).normal(size=n)
    return pd.DataFrame({"id": [f"u{i}" for i in range(n)], "x": numbers}), _binary(n)


def many_classes() -> Table:
    """Return a table with 50,000 classes."""
    X, _ = many_categories()
    return X, X["id"]


def overflowing() -> Table:
    """Return a table with numbers whose squares overflow, and infinite ones."""
    rng = np.random.default_rng(4)
    columns = {
        "large": rng.choice([1e308, -1e308, 1.0], ROWS),
        "tiny": rng.choice([1e308, 1e-308], ROWS),
        "infinite": rng.choice([np.inf, -np.inf, 1.0], ROWS),
        "integers": pd.Series([10**400, 1] * (ROWS // 2), dtype=object),
    }
    return pd.DataFrame(columns), _binary()


def odd_values() -> Table:
    """Return a table with lists, dictionaries, complex numbers and mixed types."""
    rng = np.random.default_rng(5)
    columns = {
        "text": rng.choice(["1+2j", "ü\n", "", "💥" * 50, " "], ROWS),
        "lists": [[1, 2]] * ROWS,
        "dictionaries": [{"k": i} for i in range(ROWS)],
        "complex": rng.normal(size=ROWS) + 1j,
        "any": [1, "a", None, 2.5] * (ROWS // 4),
    }
    return pd.DataFrame(columns), _binary()


def dates() -> Table:
    """Return a table with dates, spans, periods, intervals, booleans and sparse numbers."""
    rng = np.random.default_rng(6)
    columns = {
        "date": pd.date_range("2020", periods=ROWS),
        "zone": pd.date_range("2020", periods=ROWS, tz="Europe/Paris"),
        "span": pd.to_timedelta(np.arange(ROWS), unit="s"),
        "period": pd.period_range("2020", periods=ROWS, freq="D"),
        "flag": rng.random(ROWS) < 0.5,
        "maybe": pd.Series([True, None] * (ROWS // 2), dtype="boolean"),
        "interval": pd.interval_range(0, ROWS),
        "sparse": pd.arrays.SparseArray(rng.choice([0.0, 1.0], ROWS)),
    }
    return pd.DataFrame(columns), _binary()


def no_columns() -> Table:
    """Return a table with rows without columns."""
    return pd.DataFrame(index=range(ROWS)), _binary()


def no_rows() -> Table:
    """Return a table with columns without rows."""
    return pd.DataFrame({"a": []}), pd.Series([], dtype=object)


def one_row() -> Table:
    """Return a table with a single row."""
    return pd.DataFrame({"a": [1.0], "b": ["x"]}), pd.Series(["a"])


def two_rows() -> Table:
    """Return a table with two rows of two classes."""
    return pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}), pd.Series(["a", "b"])


def same_name_twice() -> Table:
    """Return a table with the same column, and the same name, several times."""
    column = np.random.default_rng(7).normal(size=(ROWS, 1))
    return pd.DataFrame(np.repeat(column, 4, axis=1), columns=list("aaab")), _binary()


def odd_names() -> Table:
    """Return a table with columns without a name, or named by blanks, numbers and tuples."""
    return _normal(p=6).set_axis(["", None, " ", 3, ("a", 1), "\n"], axis=1), _binary()


def wide() -> Table:
    """Return a table with 1,200 columns, 60 rows."""
    return _normal(60, 1200), _binary(60)


def missing_targets() -> Table:
    """Return a table with half of the targets missing."""
    y = _binary()
    return _normal(), y.where(np.arange(ROWS) % 2 == 0)


def half_missing() -> Table:
    """Return a table with half of the cells missing."""
    X = _normal(p=4)
    return X.where(np.random.default_rng(8).random(X.shape) < 0.5), _binary()


HOSTILE: dict[str, Callable[[], Table]] = {
    f.__name__: f
    for f in (
        all_missing, constant, one_row_per_class, one_class, many_categories, many_classes,
        overflowing, odd_values, dates, no_columns, no_rows, one_row, two_rows, same_name_twice,
        odd_names, wide, missing_targets, half_missing,
    )
}  # fmt: skip
