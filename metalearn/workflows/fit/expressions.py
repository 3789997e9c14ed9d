"""Fitted or unfitted estimators as Python text that makes them again, unfitted.

The text names public classes of scikit-learn, skrub and the like, with every argument that is not
the default. Our own classes are replaced by what they stand for, or their source is part of the
text.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from metalearn.errors import UsageError
from metalearn.learners import feature_steps, native_boosting, native_columns
from metalearn.learners.capped_neighbors import (
    CappedNeighborsClassifier,
    CappedNeighborsRegressor,
)

__all__ = ["Expressions"]


@dataclass(frozen=True, slots=True)
class _Definition:
    """Functions and classes of ours whose source becomes part of a script.

    Attributes:
        sources: What is defined, in order.
        imports: Module -> names to import from it.
        constants: Lines in front of the sources.
        after: What has to be defined before.
    """

    sources: tuple[Any, ...]
    imports: Mapping[str, set[str]]
    constants: str = ""
    after: tuple[_Definition, ...] = ()


_COLUMNS = _Definition(
    (native_columns.category_columns, native_columns.NativeColumns),
    {"numpy": set(), "pandas": set(), "re": set(),
     "sklearn.base": {"BaseEstimator", "TransformerMixin"}},
    f"_NOT_IN_NAMES = re.compile({native_columns._NOT_IN_NAMES.pattern!r})\n_MISSING = ''",
)  # fmt: skip
_BOOSTING = _Definition(
    (
        native_boosting._NativeBoosting,
        native_boosting.NativeBoostingRegressor,
        native_boosting.NativeBoostingClassifier,
    ),
    {"sklearn.base": {"ClassifierMixin", "RegressorMixin"}},
    after=(_COLUMNS,),
)
_SPLINES = _Definition(
    (feature_steps._knots, feature_steps.SplineColumns),
    {"numpy": set(), "sklearn.base": {"BaseEstimator", "TransformerMixin"},
     "sklearn.preprocessing": {"SplineTransformer"}},
    f"_MOST_OUTPUTS = {feature_steps._MOST_OUTPUTS}\n"
    f"_FEWEST_KNOTS = {feature_steps._FEWEST_KNOTS}",
)  # fmt: skip
_DEFINED = {source: part for part in (_COLUMNS, _BOOSTING, _SPLINES) for source in part.sources}
_INDENT = "    "
_WIDTH = 90


class Expressions:
    """Python texts of estimators, and the imports that they need.

    Args:
        n_rows: Rows of the training table: the largest number of neighbours.

    Attributes:
        imports: Module -> names to import from it.
        definitions: Source of functions and classes that the text needs.
    """

    def __init__(self, n_rows: int) -> None:
        self.n_rows = n_rows
        self.definitions: list[str] = []
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
        if isinstance(value, float) and not math.isfinite(value):
            return f"float({str(value)!r})"
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
        name: str = cls.__name__
        if cls in _DEFINED:
            self._define(_DEFINED[cls])
            return name
        if package == "metalearn":
            raise UsageError(
                f"--script: {cls.__name__} exists in metalearn only, and the script must do "
                "without; leave --script out, and keep the model with --output"
            )
        parts = [part for part in cls.__module__.split(".") if not part.startswith("_")]
        for n in range(1, len(parts) + 1):
            module = ".".join(parts[:n])
            if getattr(import_module(module), cls.__name__, None) is cls:
                self.imports.setdefault(module, set()).add(name)
                return name
        self.imports.setdefault(cls.__module__, set()).add(name)
        return name

    def _define(self, part: _Definition) -> None:
        """Add sources of ours, with what they are built upon."""
        for before in part.after:
            self._define(before)
        texts = [part.constants, *map(_source, part.sources)]
        if texts[-1] in self.definitions:
            return
        self.definitions += filter(None, texts)
        for module, names in part.imports.items():
            self.imports.setdefault(module, set()).update(names)

    def _estimator(self, model: Any, depth: int) -> str:
        if isinstance(model, feature_steps.Unchanged):
            return "'passthrough'"
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


def _source(definition: Any) -> str:
    """Return the source of a function or class without our remarks for tools."""
    return re.sub(r"  # (?:noqa|type:).*", "", inspect.getsource(definition)).rstrip()


def _is_same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and repr(value) == repr(default)


def _call(start: str, parts: list[str], end: str, depth: int) -> str:
    line = start + ", ".join(parts) + end
    if len(line) + len(_INDENT) * depth <= _WIDTH and "\n" not in line:
        return line
    inner = _INDENT * (depth + 1)
    body = "".join(f"{inner}{part},\n" for part in parts)
    return f"{start}\n{body}{_INDENT * depth}{end.removeprefix(',')}"
