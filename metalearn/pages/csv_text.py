"""A data frame as CSV: what `DataFrame.to_csv` writes, in a fraction of its time on small frames.

Dates have their time of day.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["csv_text"]

_SPECIAL = re.compile('[,"\r\n]')


def csv_text(frame: pd.DataFrame) -> str:
    """Return the rows below a line of names; numbers at six digits, missing values empty."""
    names = ",".join(_quoted(str(name)) for name in frame.columns)
    columns = [_texts(column) for _, column in frame.items()]
    if len(columns) == 1:
        columns = [[text or '""' for text in columns[0]]]  # no empty lines
    return "\n".join([names, *map(",".join, zip(*columns, strict=True)), ""])


def _texts(column: pd.Series[Any]) -> list[str]:
    """Return the values as they are written."""
    if column.dtype.kind == "f":
        numbers = column.to_numpy(np.float64, na_value=np.nan)
        return ["" if value != value else f"{value:.6g}" for value in numbers.tolist()]
    values = zip(column.tolist(), column.isna().tolist(), strict=True)
    return ["" if is_lost else _quoted(str(value)) for value, is_lost in values]


@lru_cache(maxsize=20_000)  # a report writes most configurations once for each task
def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _SPECIAL.search(text) else text
