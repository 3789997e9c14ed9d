"""Plain state: frozen values of metalearn as JSON and numeric arrays, without pickle.

A fitted recommender consists of frozen dataclasses, numbers, texts and arrays. `packed` turns such
a value into JSON text and a list of arrays; `unpacked` builds an equal value without running code
of its classes, except importing their modules. Anything else is refused: fitted trees of a
library, functions, generators, objects of other packages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from metalearn.catalogue import load
from metalearn.errors import MetalearnError

__all__ = ["NotPlainError", "packed", "unpacked"]

_OURS = "metalearn."
_NUMERIC = "biuf"  # kinds of dtype: booleans, integers, floats
_BLOCK = 1 << 20  # bytes that are compared at once
Array = np.ndarray[Any, np.dtype[Any]]  # of any shape and numeric type


class NotPlainError(MetalearnError, TypeError):
    """A value has a part that is neither plain nor one of our dataclasses."""


def packed(value: object) -> tuple[str, list[Array]]:
    """Return a value as JSON text and the arrays that it refers to by number.

    Equal arrays are stored once, and so is a dataclass that occurs twice.

    Raises:
        NotPlainError: If a part is of another type, such as a fitted tree of a library.
    """
    packer = _Packer()
    return json.dumps(packer.pack(value), separators=(",", ":")), packer.arrays


def unpacked(text: str, arrays: Sequence[Array]) -> Any:  # Any: whatever was packed
    """Return the value that `packed` made into `text` and `arrays`; its arrays are read-only.

    Raises:
        NotPlainError: If the text names a class that is no dataclass of metalearn.
    """
    return _Unpacker(arrays).unpack(json.loads(text))


class _Packer:
    def __init__(self) -> None:
        self.arrays: list[Array] = []
        self._numbers: dict[int, int] = {}  # of arrays, by identity
        self._alike: dict[tuple[str, tuple[int, ...], bool], list[int]] = {}
        self._objects: dict[int, int] = {}
        self._alive: list[object] = []  # so that no identity is used again

    def pack(self, value: object) -> object:
        if value is None or type(value) in (bool, int, float, str):
            return value
        if isinstance(value, np.ndarray):
            return {"a": self._number(value)}
        if isinstance(value, np.generic):
            return {"s": self._number(np.asarray(value))}
        if isinstance(value, tuple):
            return {"t": [self.pack(part) for part in value]}
        if isinstance(value, list):
            return {"l": [self.pack(part) for part in value]}
        if isinstance(value, dict | MappingProxyType):
            pairs = [[self.pack(key), self.pack(part)] for key, part in value.items()]
            return {"d" if isinstance(value, dict) else "m": pairs}
        return self._dataclass(value)

    def _dataclass(self, value: object) -> object:
        cls = type(value)
        if not is_dataclass(value) or not cls.__module__.startswith(_OURS):
            raise NotPlainError(f"{cls.__module__}.{cls.__qualname__} has no plain form")
        if id(value) in self._objects:
            return {"r": self._objects[id(value)]}
        number = self._objects[id(value)] = len(self._objects)
        self._alive.append(value)
        parts = [[f.name, self.pack(getattr(value, f.name))] for f in fields(value)]
        return {"c": f"{cls.__module__}:{cls.__qualname__}", "i": number, "f": parts}

    def _number(self, array: Array) -> int:
        if array.dtype.kind not in _NUMERIC:
            raise NotPlainError(f"an array of {array.dtype} has no plain form")
        if id(array) not in self._numbers:
            alike = self._alike.setdefault(
                (array.dtype.str, array.shape, array.flags.c_contiguous), []
            )
            same = (n for n in alike if _is_same(self.arrays[n], array))
            number = next(same, len(self.arrays))
            if number == len(self.arrays):
                self.arrays.append(array)
                alike.append(number)
            self._numbers[id(array)] = number
            self._alive.append(array)
        return self._numbers[id(array)]


def _is_same(a: Array, b: Array) -> bool:
    """Return whether two arrays of one type and shape have the same bytes."""
    first, second = (np.ascontiguousarray(array).reshape(-1).view(np.uint8) for array in (a, b))
    return all(
        np.array_equal(first[start : start + _BLOCK], second[start : start + _BLOCK])
        for start in range(0, len(first), _BLOCK)
    )


class _Unpacker:
    def __init__(self, arrays: Sequence[Array]) -> None:
        self._arrays = arrays
        for array in arrays:
            array.flags.writeable = False
        self._objects: dict[int, object] = {}
        self._classes: dict[str, type] = {}

    def unpack(self, form: object) -> Any:  # Any: whatever was packed
        if not isinstance(form, dict):
            return form
        if "c" in form:
            return self._dataclass(form)
        ((mark, part),) = form.items()
        if mark == "a":
            return self._arrays[part]
        if mark == "s":
            return self._arrays[part][()]
        if mark == "r":
            return self._objects[part]
        if mark in ("t", "l"):
            parts = [self.unpack(each) for each in part]
            return tuple(parts) if mark == "t" else parts
        if mark not in ("d", "m"):
            raise NotPlainError(f"expected one of the marks of plain state, got {mark!r}")
        pairs = {self.unpack(key): self.unpack(value) for key, value in part}
        return pairs if mark == "d" else MappingProxyType(pairs)

    def _dataclass(self, form: Mapping[str, Any]) -> object:
        cls = self._class(form["c"])
        made: object = object.__new__(cls)
        given = {name: self.unpack(part) for name, part in form["f"]}
        for field in fields(cls):
            object.__setattr__(made, field.name, given.pop(field.name))
        if given:
            raise NotPlainError(f"{cls.__qualname__} has no field {min(given)!r}")
        self._objects[form["i"]] = made
        return made

    def _class(self, name: str) -> type:
        if name not in self._classes:
            found = load(name) if name.startswith(_OURS) else None
            if not (isinstance(found, type) and is_dataclass(found)):
                raise NotPlainError(f"expected a dataclass of metalearn, got {name!r}")
            self._classes[name] = found
        return self._classes[name]
