"""Cells as typed values: what means a number that cannot be kept is refused, not a word."""

from __future__ import annotations

import pytest

from metalearn.harvesters.values import ColumnType

ODD = ("inf", "-inf", "+Infinity", "INF", "1e999", "1,000", "12,345.5", "0x1F", "-nan", "1.#INF")


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("others", [("1", "2"), ("0.5", "2"), ("1", "nan", "")])
def test_odd_numbers_do_not_turn_a_column_into_words(odd: str, others: tuple[str, ...]) -> None:
    column = ColumnType()
    column.survey((*others, odd))
    assert column.convert("1") == 1
    assert isinstance(column.convert("1"), (int, float))
    if odd == "1e999":
        assert column.convert(odd) == float("inf")  # a configuration refuses it
        return
    with pytest.raises(ValueError, match="not a finite number"):
        column.convert(odd)


def test_words_stay_words() -> None:
    column = ColumnType()
    column.survey(("sqrt", "1", "inf"))
    assert [column.convert(text) for text in ("sqrt", "1", "inf")] == ["sqrt", 1, "inf"]
    codes = ColumnType()
    codes.survey(("0x1F", "0x2A"))
    assert codes.convert("0x1F") == "0x1F"
