"""Array types, and the conversion to checked, read-only float64 arrays for frozen values."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from metalearn.errors import ShapeError

__all__ = ["Bools", "Floats", "Ints", "frozen_array"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def frozen_array(name: str, values: npt.ArrayLike, shape: tuple[int | None, ...]) -> Floats:
    """Return `values` as a read-only, C-ordered float64 array of the given shape.

    Args:
        name: Name of the array in error messages.
        values: Anything numpy accepts; NaN allowed.
        shape: Expected shape; None stands for any length.

    Raises:
        ShapeError: If the number of axes or a length differs.
    """
    array = np.array(values, dtype=np.float64, order="C")
    fits = array.ndim == len(shape) and all(
        want is None or want == got for want, got in zip(shape, array.shape, strict=True)
    )
    if not fits:
        expected = tuple("any" if n is None else n for n in shape)
        raise ShapeError(f"{name}: expected shape {expected}, got {array.shape}")
    array.flags.writeable = False
    return array
