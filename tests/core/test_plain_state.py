"""Plain state: what is packed comes back equal, and nothing else is taken."""

from __future__ import annotations

import json
from types import MappingProxyType

import numpy as np
import pytest

from metalearn.core import Configuration, Metric
from metalearn.core.plain_state import NotPlainError, packed, unpacked


def test_values_come_back_with_their_types() -> None:
    value = (
        1, 2.5, float("inf"), "text", None, True, [1, (2,)], {3: "c", ("t", 1): [None]},
        MappingProxyType({"a": 1}), np.float64(0.1), np.int32(7), np.array([[True], [False]]),
        Configuration("svc", {"C": 0.1 + 0.2, "kernel": "rbf"}), Metric("m", True, 1.0, None),
    )  # fmt: skip
    found = unpacked(*packed(value))
    for before, after in zip(value, found, strict=True):
        assert type(before) is type(after)
        assert np.array_equal(before, after) if isinstance(before, np.ndarray) else before == after
    assert found[12].hyperparameters == value[12].hyperparameters


def test_what_occurs_twice_is_kept_once() -> None:
    rows, other = np.arange(6.0), np.arange(6.0)
    shared = Configuration("a", {"x": 1})
    text, arrays = packed(([rows, rows], other, shared, shared))
    assert len(arrays) == 1
    found = unpacked(text, arrays)
    assert found[2] is found[3]


def test_arrays_keep_order_bits_and_shape() -> None:
    odd = np.array([np.nan, -0.0, np.inf, 5e-324])
    arrays = (odd, np.asfortranarray(np.arange(6).reshape(2, 3)), np.empty((0, 4)), odd[::2])
    for before, after in zip(arrays, unpacked(*packed(arrays)), strict=True):
        assert before.tobytes() == after.tobytes()
        assert (before.shape, before.dtype) == (after.shape, after.dtype)


@pytest.mark.parametrize(
    "value", [object(), lambda: 0, {1, 2}, np.array([object()]), np.random.default_rng(0), b"x"]
)
def test_other_values_are_refused(value: object) -> None:
    with pytest.raises(NotPlainError):
        packed([value])


@pytest.mark.parametrize(
    "name", ["os:system", "metalearn.core.plain_state:packed", "metalearn.errors:MetalearnError"]
)
def test_only_our_dataclasses_are_built(name: str) -> None:
    with pytest.raises(NotPlainError):
        unpacked(json.dumps({"c": name, "i": 0, "f": []}), [])
