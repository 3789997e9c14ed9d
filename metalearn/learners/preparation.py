"""The one preparation pipeline of raw tables, shared by everything that fits a learner.

Mixed types, missing and all-missing columns, constants, high-cardinality categories, booleans,
dates and text become a finite float matrix, or columns of numbers and categories for what reads
these itself.
"""

from __future__ import annotations

from typing import Any, Literal

from metalearn.learners.columns import MAX_CATEGORIES, Encoding

__all__ = ["MAX_CATEGORIES", "Preparation", "preparation_pipeline"]

Preparation = Literal["scaled", "ordinal", "native"]
_ENCODINGS: dict[Preparation, Encoding] = {
    "scaled": "one-hot",
    "ordinal": "ordinal",
    "native": "native",
}


def preparation_pipeline(kind: Preparation) -> Any:  # an untyped scikit-learn Pipeline
    """Return an unfitted transformer from a raw data frame to what a model can be fitted on.

    Args:
        kind: `scaled` for models that need comparable axes (one-hot categories, standardised
            numbers); `ordinal` for trees (category codes in sorted order, numbers as they are),
            both finite float matrices; `native` for boosting that reads a data frame with
            categories and missing values itself.
    """
    from sklearn.feature_selection import VarianceThreshold
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from metalearn.learners.columns import ColumnVectorizer
    from metalearn.learners.native_columns import NativeColumns
    from metalearn.learners.plain_columns import PlainColumns

    steps: list[Any] = [PlainColumns(), ColumnVectorizer(_ENCODINGS[kind])]
    if kind == "native":
        return make_pipeline(*steps, NativeColumns())
    steps.append(SimpleImputer(strategy="median", add_indicator=True))
    if kind == "scaled":
        steps += [StandardScaler(), VarianceThreshold()]
    return make_pipeline(*steps)
