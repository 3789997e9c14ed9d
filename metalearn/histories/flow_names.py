"""Stored names of published runs, found by the name of a learner.

A flow of OpenML is stored under its number. Only its hyperparameters show the algorithm:
`randomforestclassifier__max_features` belongs to a random forest.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from metalearn.errors import UnknownNameError

if TYPE_CHECKING:
    from metalearn.histories.source import RunSource

__all__ = ["stored_name"]

_TASKS = ("", "classifier", "regressor")


def stored_name(source: RunSource, error: UnknownNameError) -> tuple[str, str]:
    """Return the stored algorithm that an unknown name refers to, and a note about it.

    Args:
        source: A store.
        error: The error of the store, with the name and the known names.

    Raises:
        UnknownNameError: If no or more than one stored algorithm matches; lists the matches.
    """
    word = re.sub(r"[^a-z0-9]", "", error.name.lower())
    fitting = [known for known in error.known if word and _is_a(source, known, word)]
    if len(fitting) == 1:
        (found,) = fitting
        return found, f"{error.name!r} stands for {found!r}, by the names of its hyperparameters"
    near = fitting or difflib.get_close_matches(error.name, error.known, 5, 0.6)
    raise UnknownNameError("algorithm", error.name, tuple(near) or error.known) from error


def _is_a(source: RunSource, algorithm: str, word: str) -> bool:
    """Return whether the word is a part of the name or a hyperparameter of an algorithm."""
    space = source.space(algorithm)
    names = (algorithm, *(space.names if space is not None else ()))
    parts = {part for name in names for part in _parts(name)}
    return any(f"{word}{task}" in parts for task in _TASKS)


def _parts(name: str) -> list[str]:
    """Return the parts of a dotted or nested name, in lower case: `a.B(c=d.E)`, `b__c`."""
    nested = name.split("__")[:-1] if "__" in name else []
    dotted = re.split(r"[^A-Za-z0-9_]+", name) if "__" not in name else []
    return [re.sub(r"[^a-z0-9]", "", part.lower()) for part in (*nested, *dotted)]
