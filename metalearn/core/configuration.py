"""A configuration: one assignment of all active hyperparameters, with a content hash.

Two configurations are equal if and only if algorithm and canonical JSON agree (METHODS 0.2). The
canonical JSON holds active hyperparameters only, with sorted names and floats at 12 significant
digits. Integers and floats are distinguished, because `max_features=1` (one column) and
`max_features=1.0` (all columns) differ. Evaluations use the original values with all digits.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from metalearn.core.stored_json import stored_object
from metalearn.errors import InputError

__all__ = ["Configuration", "Value", "canonical_json", "configuration_key"]

Value = str | int | float | bool | None
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(name: str, value: object) -> Value:
    """Return `value` as a plain Python scalar, all digits kept."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InputError(
                f"hyperparameter {name!r} must be finite, got {value!r}; leave it out if inactive"
            )
        return 0.0 if value == 0.0 else float(value)
    raise InputError(
        f"hyperparameter {name!r} must be a string, number, boolean or None, got "
        f"{type(value).__name__}; convert it to one of these first"
    )


def _rounded(value: Value) -> Value:
    """Return a float at 12 significant digits, anything else as it is."""
    if not isinstance(value, float):
        return value
    rounded = float(f"{value:.12g}")
    return 0.0 if rounded == 0.0 else rounded


def canonical_json(hyperparameters: Mapping[str, object]) -> str:
    """Return the canonical JSON text of an assignment.

    >>> canonical_json({"kernel": "rbf", "C": 0.1 + 0.2})
    '{"C":0.3,"kernel":"rbf"}'
    """
    return _canonical({str(n): _plain(str(n), value) for n, value in hyperparameters.items()})


def _canonical(plain: Mapping[str, Value]) -> str:
    return _ENCODER.encode({name: _rounded(value) for name, value in plain.items()})


def configuration_key(algorithm: str, canonical: str) -> str:
    """Return the content hash of a configuration: 24 hexadecimal digits of SHA-256."""
    text = f"{algorithm}\n{canonical}".encode()
    return hashlib.sha256(text).hexdigest()[:24]


@dataclass(frozen=True, slots=True, eq=False)
class Configuration:
    """One assignment of all active hyperparameters of one algorithm; hashable by content.

    Attributes:
        algorithm: Name of the algorithm, for instance `random_forest`.
        hyperparameters: Active hyperparameters only, by name in order, read-only; plain values
            with all their digits.
        canonical: Their canonical JSON.
        key: Content hash over algorithm and canonical JSON.
    """

    algorithm: str
    hyperparameters: Mapping[str, Value]
    canonical: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        given = {str(n): _plain(str(n), value) for n, value in self.hyperparameters.items()}
        canonical = _canonical(given)
        values = MappingProxyType(dict(sorted(given.items())))
        object.__setattr__(self, "hyperparameters", values)
        object.__setattr__(self, "canonical", canonical)
        object.__setattr__(self, "key", configuration_key(self.algorithm, canonical))

    @classmethod
    def from_json(cls, algorithm: str, text: str) -> Configuration:
        """Return the configuration whose hyperparameters are the JSON object `text`."""
        return cls(algorithm, stored_object(text))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Configuration) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __str__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.hyperparameters.items())
        return f"{self.algorithm}({values})"

    def __reduce__(self) -> tuple[type[Configuration], tuple[str, dict[str, Value]]]:
        return Configuration, (self.algorithm, dict(self.hyperparameters))
