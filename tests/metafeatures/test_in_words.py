"""The summary of a table in words: cuts of the scales, and what is left out."""

from __future__ import annotations

from math import nan

import numpy as np
import pandas as pd
import pytest

from metalearn.metafeatures import extract
from metalearn.metafeatures.in_words import in_words

SIZE = {"nr_inst": 900, "nr_attr": 10, "nr_num": 5, "nr_cat": 5}


@pytest.mark.parametrize(
    ("values", "kind", "sentence"),
    [
        (SIZE, "classification",
         "A small table: 900 rows, 10 columns (5 numeric, 5 categorical)."),
        ({**SIZE, "nr_inst": 4}, "regression",
         "A small table: 4 rows, 10 columns (5 numeric, 5 categorical), more columns than rows."),
        ({"nr_inst": 100_000, "nr_attr": 1, "nr_num": 1, "nr_cat": 0}, "regression",
         "A large table: 100,000 rows, 1 column (1 numeric, 0 categorical)."),
        ({"missing_share": 0.0, "missing_attr_share": 0.0}, "regression", "No cell is missing."),
        ({"missing_share": 0.002, "missing_attr_share": 0.4, "constant_attr_share": 0.1},
         "regression", "less than 1 % of the cells are missing, in 40 % of the columns; 10 % of "
         "the columns are constant."),
        ({"max_level_share": 0.8}, "regression",
         "A categorical column has 80 % as many levels as there are rows: text or an identifier."),
        ({"nr_class": 2, "majority_share": 0.95, "minority_share": 0.05}, "classification",
         "2 classes, strongly imbalanced: the most frequent has 95 % of the rows, the rarest "
         "5 %."),
        ({"nr_class": 4, "majority_share": 0.25, "minority_share": 0.25, "small_class_share": 0.5},
         "classification", "4 classes, balanced: the most frequent has 25 % of the rows, the "
         "rarest 25 %; 50 % of the classes have fewer than 10 rows."),
        ({"target_skewness": -2.0, "target_outlier_share": 0.05}, "regression",
         "The target is skewed to the left (skewness -2); 5 % of its values are outliers."),
        ({"majority_share": 0.5, "one_nn.mean": 0.54, "naive_bayes.mean": nan}, "classification",
         "Hard: simple models predict hardly better than a constant. The best, the nearest "
         "neighbour, has an accuracy of 0.54; the most frequent class alone has 0.50."),
        ({"ridge.mean": 0.95, "one_nn.mean": 0.2}, "regression",
         "Easy: a simple model predicts almost everything. The best, ridge regression, has an R2 "
         "of 0.95."),
    ],
)  # fmt: skip
def test_a_sentence(values, kind, sentence):
    assert in_words(values, kind) == (sentence,)


@pytest.mark.parametrize("kind", ["classification", "regression"])
@pytest.mark.parametrize("value", [nan, 0.0, 1.0])
def test_no_value_is_an_error_or_reads_as_nan(kind, value):
    names = [*SIZE, "missing_share", "missing_attr_share", "constant_attr_share", "nr_class",
             "max_level_share", "majority_share", "minority_share", "small_class_share",
             "target_skewness", "target_outlier_share", "one_nn.mean", "ridge.mean"]  # fmt: skip
    assert "nan" not in " ".join(in_words(dict.fromkeys(names, value), kind))


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_the_names_are_those_of_the_extractor(kind):
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=120), "id": [f"row {i}" for i in range(120)]})
    y = X["x"] > 0 if kind == "classification" else X["x"]
    values = extract(X, pd.Series(y), kind=kind).values
    assert len(in_words(values, kind)) == 5
