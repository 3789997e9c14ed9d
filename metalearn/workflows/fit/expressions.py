"""Fitted or unfitted estimators as Python text that makes them again, unfitted.

The text names public classes of scikit-learn, skrub and the like, with every argument that is not
the default. Our own classes are replaced by what they stand for.
"""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import numpy as np

from metalearn.errors import UsageError
from metalearn.learners.capped_neighbors import (
    CappedNeighborsClassifier,
    CappedNeighborsRegressor,
)

__all__ = ["Expressions"]

_INDENT = "    "
_WIDTH = 90


class Expressions:
    """Python texts of estimators, and the imports that they need.

    Args:
        n_rows: Rows of the training table: no more neighbours can be asked for.

    Attributes:
        imports: Module -> names to import from it.
    """

    def __init__(self, n_rows: int) -> None:
        self.n_rows = n_rows
        self.imports: dict[str, set[str]] = {}

    def of(self, value: Any, depth: int = 0) -> str:
        """Return the text of a value, an estimator or a container of such.

        Args:
            value: What to write.
            depth: Levels of indentation of the line that it begins on.

        Raises:
            UsageError: If it is an object that cannot be written.
        """
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or isinstance(value, bool | int | float | str):
            return repr(value)
        if isinstance(value, list | tuple):
            parts = [self.of(part, depth + 1) for part in value]
            ends = "[]" if isinstance(value, list) else "()"
            comma = "," if isinstance(value, tuple) and len(parts) == 1 else ""
            return _call(ends[0], parts, comma + ends[1], depth)
        if isinstance(value, dict):
            pairs = [f"{k!r}: {self.of(v, depth + 1)}" for k, v in value.items()]
            return _call("{", pairs, "}", depth)
        if hasattr(value, "get_params"):
            return self._estimator(value, depth)
        raise UsageError(
            f"--script: a {type(value).__name__} cannot be written as plain Python; leave "
            "--script out, and keep the model with --output"
        )

    def name(self, cls: type) -> str:
        """Return a class's name, and note its public import.

        Raises:
            UsageError: If it is one of ours, which the script must do without.
        """
        package = cls.__module__.partition(".")[0]
        if package == "metalearn":
            raise UsageError(
                f"--script: {cls.__name__} exists in metalearn only, and the script must do "
                "without; leave --script out, and keep the model with --output"
            )
        parts = [part for part in cls.__module__.split(".") if not part.startswith("_")]
        for n in range(1, len(parts) + 1):
            module = ".".join(parts[:n])
            if getattr(import_module(module), cls.__name__, None) is cls:
                self.imports.setdefault(module, set()).add(cls.__name__)
                return cls.__name__
        self.imports.setdefault(cls.__module__, set()).add(cls.__name__)
        return cls.__name__

    def _estimator(self, model: Any, depth: int) -> str:
        given = model.get_params(deep=False)
        cls = type(model)
        if isinstance(model, CappedNeighborsClassifier | CappedNeighborsRegressor):
            cls = cls.__bases__[0]
            given = given | {"n_neighbors": min(given["n_neighbors"], self.n_rows)}
        known = inspect.signature(cls.__init__).parameters
        defaults = {name: p.default for name, p in known.items()}
        order = [*(n for n in known if n in given), *(n for n in given if n not in known)]
        arguments = [
            f"{name}={self.of(given[name], depth + 1)}"
            for name in order
            if not _is_same(given[name], defaults.get(name, inspect.Parameter.empty))
        ]
        return _call(f"{self.name(cls)}(", arguments, ")", depth)


def _is_same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and repr(value) == repr(default)


def _call(start: str, parts: list[str], end: str, depth: int) -> str:
    line = start + ", ".join(parts) + end
    if len(line) + len(_INDENT) * depth <= _WIDTH and "\n" not in line:
        return line
    inner = _INDENT * (depth + 1)
    body = "".join(f"{inner}{part},\n" for part in parts)
    return f"{start}\n{body}{_INDENT * depth}{end.removeprefix(',')}"
