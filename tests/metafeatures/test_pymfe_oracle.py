"""Every value with pymfe's definition equals pymfe's, on numeric, categorical and mixed tables.

What is not compared is listed in `DIFFERENT` with its reason; `docs/reference/metafeatures.md` has
the same table. Values that pymfe cannot compute (NaN) may exist here: one undefined column does
not spoil the summary of the others.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.learners.tables import load_table
from metalearn.metafeatures import extract
from metalearn.testing.tables import TABLES

pytest.importorskip("pymfe")

GROUPS = {
    "simple": "general",
    "statistical": "statistical",
    "information": "info-theory",
    "model-based": "model-based",
    "landmarkers": "landmarking",
}
DIFFERENT = {
    "sd_ratio": "pymfe pairs the covariance of one class with the size of another",
    "elite_nn": "column chosen by the gain of its best split, not by ten full trees",
    "worst_node": "column chosen by the gain of its best split, not by ten full trees",
    "random_node": "mean over all columns, which pymfe estimates by one drawn column",
}
MANY_COLUMNS = {"attr_conc": "of more than 12 columns, 12 are drawn, by another generator"}
MANY_CLASSES = dict.fromkeys(
    ("can_cor", "w_lambda", "p_trace", "lh_trace", "roy_root"),
    "beyond two classes pymfe iterates (NIPALS) and stops early; ours is exact",
)


def _dense(X: pd.DataFrame) -> tuple[np.ndarray, list[int]]:
    categorical = [j for j in range(X.shape[1]) if X.dtypes.iloc[j].kind not in "iuf"]
    return X.to_numpy(dtype=object if categorical else float), categorical


def pymfe_values(X: pd.DataFrame, y: pd.Series, group: str) -> dict[str, float]:
    from pymfe.mfe import MFE

    values, categorical = _dense(X)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = MFE(groups=[group], summary=("mean", "sd", "min", "max"), random_state=0)
        model.fit(values, y.to_numpy(), cat_cols=categorical or False, suppress_warnings=True)
        names, found = model.extract(suppress_warnings=True)
    return dict(zip(names, found, strict=True))


@lru_cache(maxsize=8)
def _ours(table: str) -> dict[str, float]:
    X, y = TABLES[table]()
    return dict(extract(X, y, kind="classification").values)


def _assert_equal(X: pd.DataFrame, y: pd.Series, group: str, ours: Mapping[str, float]) -> None:
    different = dict(DIFFERENT)
    if X.shape[1] > 12:
        different |= MANY_COLUMNS
    if y.nunique() > 2:
        different |= MANY_CLASSES
    n_compared = 0
    for name, expected in pymfe_values(X, y, GROUPS[group]).items():
        assert name in ours, name
        if name.split(".")[0] in different or not np.isfinite(expected):
            continue
        assert ours[name] == pytest.approx(expected, rel=1e-6, abs=1e-9), name
        n_compared += 1
    assert n_compared >= 8


def _cases():
    for table in TABLES:
        for group in GROUPS:
            takes_seconds = group == "information" and table in (
                "wine",
                "breast_cancer",
                "gaussian",
            )
            yield pytest.param(table, group, marks=[pytest.mark.slow] if takes_seconds else [])


@pytest.mark.parametrize(("table", "group"), list(_cases()))
def test_values_are_those_of_pymfe(table, group):
    X, y = TABLES[table]()
    _assert_equal(X, y, group, _ours(table))


REAL = (
    "analcatdata_boxing1", "analcatdata_creditscore", "backache", "collins", "ecoli", "flags",
    "glass", "grub-damage",
)  # fmt: skip


@pytest.mark.parametrize(
    "name", [*REAL[:2], *(pytest.param(name, marks=pytest.mark.slow) for name in REAL[2:])]
)
def test_values_are_those_of_pymfe_on_real_tables(name, shared_data):
    """Rare levels, columns that depend linearly, classes of a few rows."""
    folder = Path(shared_data) / "tables"
    row = pd.read_csv(folder / "index.csv", index_col="name").loc[name]
    ignored = str(row["ignore"]).split(";") if isinstance(row["ignore"], str) else []
    table = load_table(folder / row["file"], row["target"], kind="classification", ignore=ignored)
    ours = extract(table.X, table.y, kind="classification").values
    for group in ("statistical", "model-based", "landmarkers"):  # information alone takes seconds
        _assert_equal(table.X, table.y, group, ours)


@pytest.mark.parametrize("table", ["wine", "gaussian", "categorical"])
def test_canonical_correlations_are_near_where_pymfe_stops(table):
    X, y = TABLES[table]()
    theirs, ours = pymfe_values(X, y, "statistical"), _ours(table)
    for name in ("can_cor.mean", "can_cor.max", "w_lambda", "p_trace"):
        assert ours[name] == pytest.approx(theirs[name], rel=2e-3), name


def test_the_documentation_lists_every_difference():
    page = Path(__file__).resolve().parents[2] / "docs" / "reference" / "metafeatures.md"
    text = page.read_text(encoding="utf-8")
    for name in (*DIFFERENT, *MANY_COLUMNS, *MANY_CLASSES):
        assert re.search(rf"`{name}`", text), name
