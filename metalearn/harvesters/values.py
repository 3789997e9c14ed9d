"""Typed values from cell texts, with one type per column of hyperparameters.

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
# Unsupported numbers: infinities, other spellings of NaN, thousands separators, hexadecimal.
_ODD = re.compile(
    r"[+-]?(?:inf|infinity|1\.#inf|1\.#ind|\d{1,3}(?:[,_' ]\d{3})+(?:\.\d+)?|0[xX][0-9a-fA-F]+)"
    r"|[+-]nan|\+?#n/a|#num!|#div/0!|#value!",
    re.IGNORECASE,
)
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
    """Learns the type of a column from its texts, then converts them.

    A text that means a number which cannot be kept (`inf`, `1,000`, `0x1F`) does not turn a column
    of numbers into one of words: its row is rejected.
    """

    def __init__(self) -> None:
        self._integers = self._numbers = True
        self._n_numbers = self._n_odd = 0

    def survey(self, texts: Collection[str]) -> None:
        """Take note of some of the column's texts."""
        for text in set(texts):
            if not self._numbers:
                return
            if text.strip().lower() in MISSING:
                continue
            if _ODD.fullmatch(text.strip()):
                self._n_odd += 1
                continue
            is_integer = bool(_INTEGER.fullmatch(text))
            self._integers &= is_integer
            self._numbers = is_integer or bool(_NUMBER.fullmatch(text))
            self._n_numbers += self._numbers

    def convert(self, text: str) -> Value:
        """Return the value of one text of the column; the text must not be missing.

        Raises:
            ValueError: If the column holds numbers, and the text is none that can be kept.
        """
        if not self._numbers or (self._n_odd and not self._n_numbers):
            return literal(text)
        if _ODD.fullmatch(text):
            raise ValueError(f"{text!r} is not a finite number")
        return int(text) if self._integers else float(text)


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
