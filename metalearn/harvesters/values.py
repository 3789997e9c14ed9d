"""From the text of a cell to a typed value: one type for a whole column of hyperparameters.

`0.5` and `1` in one column are both floats; `1` and `100` are integers; in a column that also
holds words, each cell is taken as the literal that it looks like. An empty cell is inactive.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Value

__all__ = ["MISSING", "ColumnType", "literal", "numbers"]

MISSING = frozenset({"", "?", "na", "nan", "null"})
_INTEGER = re.compile(r"[+-]?\d{1,300}")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_WORDS: dict[str, Value] = {
    "True": True, "true": True, "TRUE": True,
    "False": False, "false": False, "FALSE": False,
    "None": None,
}  # fmt: skip


def literal(text: str) -> Value:
    """Return the value that a text looks like: integer, float, truth value, None or the text.

    >>> [literal(t) for t in ("3", "3.0", "True", "None", "gini")]
    [3, 3.0, True, None, 'gini']
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    return text


class ColumnType:
    """Learns the type of a column from its texts, then converts them."""

    def __init__(self) -> None:
        self._integers = self._numbers = True

    def survey(self, texts: Collection[str]) -> None:
        """Take note of some of the column's texts."""
        for text in set(texts):
            if self._integers and not _INTEGER.fullmatch(text) and text.lower() not in MISSING:
                self._integers = False
            if self._integers:
                continue
            if not self._numbers:
                return
            self._numbers = text.lower() in MISSING or bool(_NUMBER.fullmatch(text))

    def convert(self, text: str) -> Value:
        """Return the value of one text of the column; the text must not be missing."""
        if self._integers:
            return int(text)
        return float(text) if self._numbers else literal(text)


def numbers(texts: Sequence[str]) -> Floats:
    """Return texts as floats, `(n,)`; NaN where a text is missing or not a number.

    Infinite and overflowing values come back as infinities: the caller rejects them.
    """
    try:
        return np.array(texts, dtype=np.float64)
    except ValueError:
        return np.array([_number(text) for text in texts], dtype=np.float64)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
