"""Array types, and the conversion to checked, read-only float64 arrays for frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from metalearn.errors import ShapeError

__all__ = ["Bools", "Columns", "Floats", "Ints", "frozen_array", "plain_bytes", "read_only"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Columns = Mapping[str, npt.NDArray[Any]]  # Any: a table has columns of any type


def frozen_array(name: str, values: npt.ArrayLike, shape: tuple[int | None, ...]) -> Floats:
    """Return `values` as a read-only, C-ordered float64 array of the given shape.

    An array that is all this already, and no view, is returned itself; anything else is copied.

    Args:
        name: Name of the array in error messages.
        values: Anything numpy accepts; NaN allowed.
        shape: Expected shape; None stands for any length.

    Raises:
        ShapeError: If the number of axes or a length differs.
    """
    array = values if _is_frozen(values) else np.array(values, dtype=np.float64, order="C")
    fits = array.ndim == len(shape) and all(
        want is None or want == got for want, got in zip(shape, array.shape, strict=True)
    )
    if not fits:
        expected = tuple("any" if n is None else n for n in shape)
        raise ShapeError(f"{name}: expected shape {expected}, got {array.shape}")
    return read_only(array)


def read_only(array: Floats) -> Floats:
    """Return an array marked read-only; of a new one, `frozen_array` then makes no copy."""
    array.flags.writeable = False
    return array


def plain_bytes(values: Floats) -> bytes:
    """Return the bytes of float64 values, little-endian; every NaN is one, and both zeros."""
    known = np.where(np.isnan(values), np.nan, values + 0.0)
    return known.astype("<f8").tobytes()


def _is_frozen(values: npt.ArrayLike) -> TypeGuard[Floats]:
    return (
        type(values) is np.ndarray
        and values.dtype == np.float64
        and values.base is None
        and values.flags.c_contiguous
        and not values.flags.writeable
    )
