"""A table as CSV: what `DataFrame.to_csv` writes, in a fraction of its time on small tables.

Dates have their time of day.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

    from metalearn.core.arrays import Columns

__all__ = ["csv_text"]


def csv_text(frame: pd.DataFrame | Columns) -> str:
    """Return the rows below a line of names; numbers at six digits, missing values empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(frame.keys())
    writer.writerows(zip(*(_texts(column) for _, column in frame.items()), strict=True))
    return out.getvalue()


def _texts(column: pd.Series[Any] | npt.NDArray[Any]) -> list[object]:
    """Return the values as they are written."""
    if isinstance(column, np.ndarray):
        if column.dtype.kind == "f":
            return _shortened(column.tolist())
        return ["" if value is None or value != value else value for value in column.tolist()]
    if column.dtype.kind == "f":
        return _shortened(column.to_numpy(np.float64, na_value=np.nan).tolist())
    values = zip(column.tolist(), column.isna().tolist(), strict=True)
    return ["" if is_lost else value for value, is_lost in values]


def _shortened(values: list[float]) -> list[object]:
    return ["" if value != value else f"{value:.6g}" for value in values]
