"""Rows that the training table did not prepare a model for."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from metalearn.errors import InputError
from metalearn.learners import CATALOGUE

from .fitted_models import fitted_model, mixed_table

pytestmark = pytest.mark.filterwarnings("ignore")
FEW = ("logistic_regression", "extra_trees", "mlp", "linear_svm")


def usable(kind):
    found = [CATALOGUE.get(name) for name in CATALOGUE.names()]
    return [a.name for a in found if kind in a.kinds and a.is_installed]


@cache
def model_of_all(kind):
    return fitted_model(kind, *usable(kind))


@cache
def model_of_few():
    return fitted_model("classification", *FEW)


@cache
def predictions_of_few():
    return model_of_few().predict_proba(mixed_table()[0])


@pytest.mark.in_turn("kind")
@pytest.mark.parametrize("kind", ["classification", "regression"])
@pytest.mark.parametrize("far", [1e20, 1e35, -1e35, 1e300, np.inf, -np.inf])
def test_numbers_far_from_the_training_rows(kind, far):
    model = model_of_all(kind)
    X = mixed_table()[0].head(6).copy()
    X["number"] = far
    X.loc[2, "number"] = np.nan
    found = model.predict_proba(X) if kind == "classification" else model.predict(X)
    assert np.isfinite(found).all()


def test_one_row_and_single_precision():
    model = model_of_few()
    X = mixed_table()[0]
    assert model.predict_proba(X.head(1)) == pytest.approx(predictions_of_few()[:1], abs=1e-6)
    single = X.astype({"number": "float32", "count": "int8"})
    assert model.predict_proba(single) == pytest.approx(predictions_of_few(), abs=1e-4)


def test_no_rows_are_refused_in_words():
    model = fitted_model("classification", "decision_tree")
    with pytest.raises(InputError, match="0 sample"):
        model.predict(mixed_table()[0].head(0))


def same(X, **changed):
    return X.assign(**changed)


OTHER_TYPES = {
    "numbers as text": lambda X: same(X, number=X["number"].astype("string")),
    "numbers as objects": lambda X: same(X, number=X["number"].astype(object)),
    "integers as floats": lambda X: same(X, count=X["count"].astype(float)),
    "integers as nullable": lambda X: same(X, count=X["count"].astype("Int32")),
    "integers as text": lambda X: same(X, count=X["count"].astype(str)),
    "numbers as arrow": lambda X: same(X, number=X["number"].astype("double[pyarrow]")),
    "text as category": lambda X: same(X, word=X["word"].astype("category")),
    "text as arrow": lambda X: same(X, word=X["word"].astype("string[pyarrow]")),
    "category as text": lambda X: same(X, category=X["category"].astype(str)),
    "truths as numbers": lambda X: same(X, flag=X["flag"].astype(int)),
    "truths as text": lambda X: same(X, flag=X["flag"].astype(str)),
    "truths as nullable": lambda X: same(X, flag=X["flag"].astype("boolean")),
    "dates as dates": lambda X: same(X, day=pd.to_datetime(X["day"])),
    "moments as text": lambda X: same(X, moment=X["moment"].astype(str)),
    "nullable as floats": lambda X: same(X, nullable=X["nullable"].astype(float)),
    "digits as numbers": lambda X: same(X, digits=X["digits"].astype(int)),
    "empty as text": lambda X: same(X, empty=X["empty"].astype(object)),
}


@pytest.mark.parametrize("case", OTHER_TYPES)
def test_the_same_values_in_other_types(case):
    found = model_of_few().predict_proba(OTHER_TYPES[case](mixed_table()[0]))
    assert found == pytest.approx(predictions_of_few(), abs=1e-6)


def test_frames_of_other_libraries():
    pa = pytest.importorskip("pyarrow")
    model = model_of_few()
    X = mixed_table()[0]
    arrow = pa.Table.from_pandas(X.drop(columns="span"), preserve_index=False)
    arrow = arrow.append_column("span", pa.array(X["span"]))
    names = list(X.columns)
    wanted = predictions_of_few()
    assert model.predict_proba(arrow.select(names)) == pytest.approx(wanted, abs=1e-6)
    pl = pytest.importorskip("polars")
    polars = pl.from_arrow(arrow.select(names))
    assert model.predict_proba(polars) == pytest.approx(wanted, abs=1e-6)


def test_values_never_seen_before():
    model = model_of_few()
    X = mixed_table()[0].head(5).copy()
    X["word"], X["category"], X["text"] = "new", "new", ["another", None, "", "x" * 5000, "nul\0"]
    X["day"], X["digits"] = "no date", "no digits"
    X["moment"] = pd.NaT
    X["count"], X["flag"], X["nullable"] = None, None, pd.NA
    assert np.isfinite(model.predict_proba(X)).all()


def test_all_cells_missing():
    model = fitted_model("regression", *usable("regression")[:6])
    X = mixed_table()[0].head(4)
    empty = pd.DataFrame(np.nan, index=X.index, columns=X.columns)
    assert np.isfinite(model.predict(empty)).all()
    assert np.isfinite(model.predict(empty.astype(object))).all()


def test_other_columns_are_refused_by_name():
    model = fitted_model("classification", "decision_tree")
    X = mixed_table()[0]
    for wrong in (X.drop(columns="word"), X.assign(more=1), X[X.columns[::-1]]):
        with pytest.raises(ValueError, match="feature names"):
            model.predict(wrong)
