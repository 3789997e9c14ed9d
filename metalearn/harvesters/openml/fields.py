"""Strict conversion of page texts to ids and numbers."""

from __future__ import annotations

import math

__all__ = ["UnusableRowError", "finite_number", "natural_id", "optional_id"]

_MAX_ID, _MAX_DIGITS = 2**63 - 1, 40  # limit of an integer column of the store
_MAX_NUMBER = 400  # characters; a double needs 25


class UnusableRowError(Exception):
    """A row that cannot be used; rows are counted by this message."""


def natural_id(text: str | None) -> int:
    """Return an id.

    Raises:
        UnusableRowError: If the text is not a natural number of a sane size.
    """
    number = optional_id(text)
    if number is None:
        raise UnusableRowError("an id that is not a natural number")
    return number


def optional_id(text: str | None) -> int | None:
    """Return an id, or None if the text is not one.

    >>> optional_id(" 31 "), optional_id("-1"), optional_id(None)
    (31, None, None)
    """
    stripped = (text or "").strip()
    is_number = stripped.isascii() and stripped.isdigit() and len(stripped) <= _MAX_DIGITS
    return int(stripped) if is_number and int(stripped) <= _MAX_ID else None


def finite_number(text: str) -> float | None:
    """Return a number, or None if the text is not one or it is not finite.

    >>> finite_number("0.25"), finite_number("1e400"), finite_number("1_0")
    (0.25, None, None)
    """
    try:
        value = float(text) if "_" not in text and len(text) <= _MAX_NUMBER else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None
