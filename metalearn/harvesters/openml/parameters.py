"""Typed values from parameter texts: JSON and Python reprs, R constants, Weka flags.

Equal values must result in equal typed values for every version of a client, so that
configurations of different setups share one key (METHODS 0.2, 0.4).
"""

from __future__ import annotations

import ast
import json
import math
import re
from typing import Literal

from metalearn.core.configuration import Value

__all__ = ["DROPPED", "Dialect", "Reference", "canonical_name", "typed_value"]

Dialect = Literal["sklearn", "mlr", "weka", "other"]

DROPPED = frozenset(
    {
        # seeds, speed and verbosity do not change the learner
        "random_state", "seed", "openml.seed", "openml.kind", "n_jobs", "nthread", "num.threads",
        "num-threads", "num-slots", "verbose", "pre_dispatch", "memory", "cache_size", "copy",
        "copy_X", "copy_X_train", "thread_count", "verbosity", "silent",
        # column numbers of a data set: the pipeline is the same on another data set
        "transformers", "categorical_features", "transformer_weights", "n_values",
        # the structure, which is part of the flow's name
        "steps", "transformer_list", "estimators",
    }
)  # fmt: skip
_VERSION = re.compile(r"\(\d+\)$")
_SKLEARN_PATH = re.compile(r"\bsklearn\.(\w+)(?:\.\w+)*\.(\w+)")
_REAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MAX_DIGITS, _MAX_TYPED = 400, 1 << 16  # characters; longer texts are not parsed


class Reference:
    """The value of a parameter that stands for another component of the flow."""


def canonical_name(name: str) -> str:
    """Return the name of a flow without version and without modules that moved between releases.

    >>> canonical_name("sklearn.pipeline.Pipeline(svc=sklearn.svm.classes.SVC)(3)")
    'sklearn.pipeline.Pipeline(svc=sklearn.svm.SVC)'
    """
    return _SKLEARN_PATH.sub(r"sklearn.\1.\2", _VERSION.sub("", name.strip()))


def typed_value(text: str, dialect: Dialect, data_type: str = "") -> Value | Reference:
    """Return the value that a parameter text stands for.

    Args:
        text: Text from the server.
        dialect: Client library that wrote it.
        data_type: The declared type, which R and Weka flows have.

    Returns:
        A plain scalar; lists and objects become canonical JSON text, values that are not finite
        become the texts `nan`, `inf` and `-inf`.

    >>> typed_value('"rbf"', "sklearn"), typed_value("rbf", "sklearn")
    ('rbf', 'rbf')
    >>> typed_value("TRUE", "mlr"), typed_value("5", "mlr", "numeric"), typed_value("", "weka")
    (True, 5.0, True)
    """
    text = text.strip()
    if dialect == "sklearn":
        return _python(text)
    if text == "":
        return True if dialect == "weka" else None
    constants = {"true": True, "false": False, "null": None, "na": None, "none": None}
    if text.lower() in constants:
        return constants[text.lower()]
    if len(text) <= _MAX_DIGITS and _REAL.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            return _plain(number)
        is_whole = re.fullmatch(r"[+-]?\d+", text) is not None
        if is_whole and "numeric" not in data_type.lower():
            return int(text)
        return number
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _python(text: str) -> Value | Reference:
    if text == "":
        return None
    if len(text) > _MAX_TYPED:
        return text
    try:
        return _plain(json.loads(text, parse_constant=float))
    except (ValueError, RecursionError):
        pass
    if text in ("nan", "inf", "-inf"):
        return text
    try:
        return _plain(ast.literal_eval(text))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _plain(value: object) -> Value | Reference:
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        return "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"
    if isinstance(value, str):  # JSON may escape half a character, which no file can hold
        return value.encode("utf-8", "backslashreplace").decode()
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, dict) and "oml-python:serialized_object" in value:
        if value["oml-python:serialized_object"] == "component_reference":
            return Reference()
        return _plain(str(value.get("value")))
    if isinstance(value, (list, tuple)) and any(_is_reference(item) for item in value):
        return Reference()
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def _is_reference(value: object) -> bool:
    return isinstance(value, dict) and value.get("oml-python:serialized_object") in (
        "component_reference",
        "composition_step_constant",
    )
