"""The one preparation pipeline of raw tables, shared by everything that fits a learner.

Mixed types, missing and all-missing columns, constants, high-cardinality categories, booleans,
dates and text become a finite float matrix, or columns of numbers and categories for what reads
these itself. skrub finds out what a column is, scikit-learn does the rest.
"""

from __future__ import annotations

from typing import Any, Literal

__all__ = ["MAX_CATEGORIES", "Preparation", "preparation_pipeline"]

Preparation = Literal["scaled", "ordinal", "native"]

MAX_CATEGORIES = 40
"""Categories that a column may have before it counts as text (hashed n-grams, not one-hot)."""


def preparation_pipeline(kind: Preparation) -> Any:  # an untyped scikit-learn Pipeline
    """Return an unfitted transformer from a raw data frame to what a model can be fitted on.

    Args:
        kind: `scaled` for models that need comparable axes (one-hot categories, standardised
            numbers); `ordinal` for trees (category codes by frequency, numbers as they are), both
            finite float matrices; `native` for boosting that reads a data frame with categories
            and missing values itself.
    """
    from sklearn.feature_selection import VarianceThreshold
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
    from skrub import DatetimeEncoder, MinHashEncoder, TableVectorizer, ToCategorical

    from metalearn.learners.native_columns import NativeColumns
    from metalearn.learners.plain_columns import PlainColumns

    unknown: dict[str, Any] = {"handle_unknown": "use_encoded_value", "unknown_value": -1}
    encoders = {
        "scaled": OneHotEncoder(
            handle_unknown="ignore", min_frequency=2, sparse_output=False, dtype="float32"
        ),
        "ordinal": OrdinalEncoder(**unknown, encoded_missing_value=-2),
        "native": ToCategorical(),
    }
    columns = TableVectorizer(
        cardinality_threshold=MAX_CATEGORIES,
        low_cardinality=encoders[kind],
        high_cardinality=MinHashEncoder(n_components=16),
        datetime=DatetimeEncoder(resolution="hour"),
        drop_null_fraction=1.0,
        drop_if_constant=False,
    )
    steps: list[Any] = [PlainColumns(), columns]
    if kind == "native":
        return make_pipeline(*steps, NativeColumns())
    steps.append(SimpleImputer(strategy="median", add_indicator=True))
    if kind == "scaled":
        steps += [StandardScaler(), VarianceThreshold()]
    return make_pipeline(*steps)
