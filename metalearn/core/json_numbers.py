"""Numbers in JSON documents, which cannot express NaN and infinity."""

from __future__ import annotations

import math

__all__ = ["finite_or_null"]


def finite_or_null(value: object) -> object:
    """Return a value, or None in place of NaN and infinity.

    >>> finite_or_null(0.5), finite_or_null(math.nan), finite_or_null("nan")
    (0.5, None, 'nan')
    """
    return None if isinstance(value, float) and not math.isfinite(value) else value
