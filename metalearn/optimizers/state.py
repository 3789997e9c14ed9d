"""Exact JSON form of an optimizer's state: plain values, arrays, configurations and trials.

Floats are restored exactly, because JSON holds the shortest text that reads back as the same
float. NaN and infinities, which JSON lacks, are tagged strings. No pickle.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from metalearn.core.configuration import Configuration
from metalearn.core.trial import Trial
from metalearn.errors import InputError

__all__ = ["from_plain", "to_plain"]


def to_plain(value: object) -> Any:  # the JSON values: a recursive union mypy cannot spell briefly
    """Return a value in types that `json.dumps` accepts.

    Numbers, strings, None, lists, dicts, arrays, configurations and trials may be nested; tuples
    become lists.

    Raises:
        InputError: If a value is of another kind.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": repr(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [to_plain(part) for part in value]
    if isinstance(value, dict):
        return {"pairs": [[to_plain(key), to_plain(part)] for key, part in value.items()]}
    if isinstance(value, np.ndarray):
        flat = [to_plain(part) for part in value.ravel().tolist()]
        return {"array": flat, "shape": list(value.shape), "type": value.dtype.str}
    if isinstance(value, Configuration):
        return {"configuration": value.canonical, "algorithm": value.algorithm}
    if isinstance(value, Trial):
        fields = (value.configuration, value.number, value.fidelity, value.loss, value.status,
                  value.runtime_s)  # fmt: skip
        plain: dict[str, Any] = {"trial": [to_plain(part) for part in fields]}
        if value.losses:
            plain["losses"] = to_plain(dict(value.losses))
        return plain if value.parent is None else {**plain, "parent": value.parent}
    raise InputError(
        f"a state holds numbers, texts, lists, dicts, arrays, configurations and trials, got "
        f"{type(value).__name__}; convert it to these"
    )


def from_plain(plain: Any) -> Any:  # see to_plain
    """Return the value that `to_plain` converted; tuples come back as lists."""
    if isinstance(plain, list):
        return [from_plain(part) for part in plain]
    if not isinstance(plain, dict):
        return plain
    if "float" in plain:
        return float(plain["float"])
    if "pairs" in plain:
        return {from_plain(key): from_plain(part) for key, part in plain["pairs"]}
    if "array" in plain:
        flat = [from_plain(part) for part in plain["array"]]
        return np.array(flat, dtype=plain["type"]).reshape(plain["shape"])
    if "configuration" in plain:
        return Configuration.from_json(plain["algorithm"], plain["configuration"])
    trial = Trial(*(from_plain(part) for part in plain["trial"]))
    losses = from_plain(plain["losses"]) if "losses" in plain else {}
    return replace(trial, losses=losses, parent=plain.get("parent"))
