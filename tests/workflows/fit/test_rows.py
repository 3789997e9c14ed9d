"""Rows to predict: any order, other columns, other types, nothing known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from metalearn.errors import InputError
from metalearn.learners.tables import load_frame
from metalearn.workflows.fit.rows import predictions_of, rows_for
from tests.automl.fitted_models import fitted_model, mixed_table

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def model():
    return fitted_model("classification", "random_forest", "logistic_regression")


@pytest.fixture(scope="module")
def wanted(model):
    return model.predict_proba(mixed_table()[0])


def proba(model, frame):
    rows, notes = rows_for(model, frame)
    table = predictions_of(model, rows, proba=True)
    return table.iloc[:, 1:].to_numpy(), notes


def test_order_does_not_matter_and_other_columns_are_left_out_with_a_note(model, wanted):
    X = mixed_table()[0]
    shuffled = X[list(reversed(X.columns))].assign(id=1, y="low")
    rows, notes = rows_for(model, shuffled, target="y")
    assert list(rows.columns) == list(X.columns)
    assert notes == ("columns that the model does not know are left out: id",)
    np.testing.assert_array_equal(model.predict_proba(rows), wanted)


def test_missing_columns_are_refused_by_name(model):
    frame = mixed_table()[0].drop(columns=["word", "flag"]).assign(words="x")
    with pytest.raises(InputError, match=r"'word', 'flag'.*did you mean 'words'"):
        rows_for(model, frame)


def test_a_file_gives_what_the_frame_gives(model, wanted, tmp_path):
    """CSV knows neither categories, dates, spans of time nor nullable integers."""
    X = mixed_table()[0]
    for name in ("t.csv", "t.parquet"):
        X.to_csv(tmp_path / name, index=False) if name == "t.csv" else X.to_parquet(
            tmp_path / name
        )
        found, notes = proba(model, load_frame(tmp_path / name))
        assert notes == (), name
        np.testing.assert_allclose(found, wanted, atol=1e-6, err_msg=name)


def test_numbers_as_text_count_as_numbers(model, wanted):
    X = mixed_table()[0]
    text = X.assign(
        number=X["number"].map(lambda v: f" {v!r}" if v == v else None),
        count=X["count"].astype(str),
        flag=X["flag"].astype(str).str.lower(),
    )
    found, notes = proba(model, text)
    assert notes == ()
    np.testing.assert_allclose(found, wanted)


def test_what_cannot_be_read_counts_as_missing_with_a_note(model):
    X = mixed_table()[0]
    odd = X.astype({"count": object, "flag": object})
    odd.loc[0, "count"] = "many"
    odd.loc[1, "flag"] = "perhaps"
    odd.loc[2, "moment"] = pd.NaT
    rows, notes = rows_for(model, odd)
    assert rows["count"].isna().sum() == 1
    assert rows["flag"].isna().sum() == 1
    assert notes == (
        "column 'count': 1 values are no numbers and count as missing",
        "column 'flag': 1 values are no true or false and count as missing",
    )
    assert np.isfinite(model.predict_proba(rows)).all()


def test_text_columns_given_as_numbers_are_text(model):
    X = mixed_table()[0].assign(word=np.r_[np.nan, np.arange(89.0)])
    rows, _ = rows_for(model, X)
    assert rows["word"].iloc[1] == "0"
    assert rows["word"].isna().sum() == 1
    assert np.isfinite(model.predict_proba(rows)).all()


def test_dates_as_text_and_text_dates_as_dates(model, wanted):
    X = mixed_table()[0]
    other = X.assign(day=pd.to_datetime(X["day"]), moment=X["moment"].astype(str))
    np.testing.assert_allclose(proba(model, other)[0], wanted, atol=1e-6)
    plain = X.assign(moment=X["moment"].dt.tz_localize(None))
    np.testing.assert_allclose(proba(model, plain)[0], wanted, atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, None, "never seen", -1e300, 1e30, "", "\x1b[2J"])
def test_every_cell_the_same_odd_value(model, value):
    frame = pd.DataFrame({name: [value] * 3 for name in mixed_table()[0].columns})
    found, _ = proba(model, frame)
    assert found.shape == (3, 3)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


def test_one_row_and_no_row(model):
    X = mixed_table()[0]
    assert predictions_of(model, rows_for(model, X[:1])[0]).shape == (1, 1)
    none = predictions_of(model, rows_for(model, X[:0])[0], proba=True)
    assert list(none.columns) == [
        "prediction", "probability_high", "probability_low", "probability_mid"]  # fmt: skip
    assert len(none) == 0


def test_numbers_are_predicted_as_numbers():
    model = fitted_model("regression", "ridge")
    table = predictions_of(model, rows_for(model, mixed_table()[0])[0])
    assert table["prediction"].dtype == np.float64
    assert len(table) == len(mixed_table()[0])
