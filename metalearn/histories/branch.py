"""Parser of branches of a space such as `kernel=rbf`; the axis defines the type of the value.

Depending on the axis, `True`, `1` or `None` is a boolean, a number, None or a text. Each value is
compared with the choices of its axis, and a number gets the type of its axis.
"""

from __future__ import annotations

import difflib
import json
import math
import re
from collections.abc import Iterator, Sequence

from metalearn.core.choices import is_number
from metalearn.core.configuration import Value
from metalearn.core.space import Axis, Space
from metalearn.errors import InputError, UsageError

__all__ = ["parsed_branch"]

_WORDS = {"true": True, "false": False, "none": None, "null": None}


def parsed_branch(words: Sequence[str], space: Space) -> dict[str, Value]:
    """Return the values that fix a branch of a space.

    Args:
        words: `NAME=VALUE` each, or several with commas between. A value may hold `=` and commas.
            If a text and another value are written alike, double quotes denote the text.
        space: The space of the names.

    Raises:
        UsageError: If a word is not NAME=VALUE, a name is unknown, or the axis has no such value.
    """
    branch: dict[str, Value] = {}
    for word in words:
        for name, value in _parsed(word, space):
            if name in branch and not _same(branch[name], value):
                raise UsageError(
                    f"--where gives {name!r} two values, {branch[name]!r} and {value!r}; a branch "
                    f"has one: analyse them one after the other"
                )
            branch[name] = value
    return branch


def _parsed(word: str, space: Space) -> list[tuple[str, Value]]:
    """Return the values of one word; each is the longest text that is a value."""
    axis, text = _named(word, space)
    reasons: list[UsageError] = []
    for end in _ends(text, space):
        try:
            found = axis.name, _value(axis, text[:end])
        except UsageError as error:
            reasons.append(error)
            continue
        return [found, *(_parsed(text[end + 1 :], space) if end < len(text) else [])]
    raise reasons[-1]


def _named(word: str, space: Space) -> tuple[Axis, str]:
    """Return the axis that a word begins with (the longest such name), and the text after `=`."""
    fitting = [name for name in _names(space) if word.startswith(f"{name}=")]
    if fitting:
        name = max(fitting, key=len)
        return _names(space)[name], word[len(name) + 1 :]
    name, sign, _ = word.partition("=")
    if not sign:
        raise UsageError(f"--where expects NAME=VALUE, got {word!r}")
    near = difflib.get_close_matches(name, _names(space), 3, 0.5)
    near += [known for known in space.names if known.endswith(f"__{name}")]
    hint = f"did you mean {' or '.join(map(repr, dict.fromkeys(near)))}? " if near else ""
    raise UsageError(
        f"space {space.algorithm!r} has no axis {name!r}; {hint}it has {', '.join(space.names)}"
    )


def _names(space: Space) -> dict[str, Axis]:
    """Return the axes by name, and by the part after the last `__` where that is unique."""
    found: dict[str, Axis] = {}
    short = [axis.name.rpartition("__")[2] for axis in space.axes]
    for axis, name in zip(space.axes, short, strict=True):
        if short.count(name) == 1:
            found[name] = axis
    return found | {axis.name: axis for axis in space.axes}


def _ends(text: str, space: Space) -> Iterator[int]:
    """Yield possible ends of the value, latest first: the end, or before `,NAME=`."""
    yield len(text)
    for place in reversed([found.start() for found in re.finditer(",", text)]):
        if any(text.startswith(f"{name}=", place + 1) for name in _names(space)):
            yield place


def _value(axis: Axis, text: str) -> Value:
    if axis.kind == "category":
        return _choice(axis, text)
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or (axis.kind == "integer" and not number.is_integer()):
        raise UsageError(f"{axis.name} is {_kind(axis)}, got {text!r}")
    value = int(number) if axis.kind == "integer" else number
    try:
        axis.encode([value])
    except InputError as error:
        raise UsageError(f"{axis.name} is {_kind(axis)}, got {text!r}") from error
    return value


def _kind(axis: Axis) -> str:
    noun = "an integer" if axis.kind == "integer" else "a number"
    return f"{noun} from {axis.lower:g} to {axis.upper:g}"


def _choice(axis: Axis, text: str) -> Value:
    """Return the choice that a text denotes; numbers, booleans and None come before texts."""
    quoted = _quoted(text)
    others = [c for c in axis.choices if not isinstance(c, str)]
    if quoted is None:
        for wanted in _readings(text):
            for choice in others:
                if _same(choice, wanted):
                    return choice
        for choice in others:  # 1 for 1.0
            if is_number(choice) and _number(text) == choice:
                return choice
    if text in axis.choices:
        return text
    if quoted is not None and quoted in axis.choices:
        return quoted
    listed = ", ".join(json.dumps(c) if isinstance(c, str) else repr(c) for c in axis.choices)
    raise UsageError(f"{axis.name} is one of {listed}; got {text!r}")


def _quoted(text: str) -> str | None:
    """Return the text within JSON's quotes; None if there are none."""
    if len(text) < 2 or text[0] != '"':
        return None
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, str) else None


def _readings(text: str) -> list[Value]:
    """Return the values of other types that a text may denote."""
    found: list[Value] = []
    if text.lower() in _WORDS:
        found.append(_WORDS[text.lower()])
    try:
        found.append(int(text))
    except ValueError:
        number = _number(text)
        if number is not None:
            found.append(number)
    return found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _same(one: Value, other: Value) -> bool:
    return type(one) is type(other) and one == other
