"""The errors of metalearn; messages state what was expected, what came, and what to do next.

All derive from `MetalearnError` and, where one fits, from a builtin exception.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "BusyError",
    "EvaluationError",
    "HarvestError",
    "InputError",
    "MetalearnError",
    "MissingPackageError",
    "NegatedMetricError",
    "NotEnoughMetaDataError",
    "ShapeError",
    "SpaceExhaustedError",
    "StoreError",
    "UnknownNameError",
    "UsageError",
    "did_you_mean",
    "listed",
]

_MOST_LISTED = 40


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `"; did you mean 'svc'?"` with the known names nearest to one, or nothing.

    >>> did_you_mean("random_forrest", ["svc", "random_forest"])
    "; did you mean 'random_forest'?"
    """
    by_lower = {other.lower().replace("-", "_"): other for other in reversed([*known])}
    wanted = str(name).lower().replace("-", "_")
    cutoff = 0.75 if wanted.startswith("__") else 0.6  # all options share the dashes
    near = [by_lower[n] for n in get_close_matches(wanted, by_lower, n=3, cutoff=cutoff)]
    if len(wanted) > 1:  # part of a longer name: `forest`
        near += [o for n, o in by_lower.items() if wanted in n and o not in near][: 3 - len(near)]
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""


def listed(names: Iterable[str]) -> str:
    """Return names separated by commas; of more than 40, the first 40 and the total number."""
    every = [*names]
    shown = ", ".join(every[:_MOST_LISTED]) or "none"
    return shown if len(every) <= _MOST_LISTED else f"{shown}, ... ({len(every)} in all)"


class MetalearnError(Exception):
    """Base of all errors that metalearn raises on purpose; they can be sent between processes."""

    def __reduce__(self) -> tuple[object, ...]:
        # Subclasses compose their message from other arguments, which unpickling does not know.
        return _restored, (type(self), self.args, self.__dict__)


def _restored(
    kind: type[MetalearnError], message: tuple[object, ...], state: dict[str, object]
) -> MetalearnError:
    error = kind.__new__(kind, *message)
    error.args = message
    error.__dict__.update(state)
    return error


class InputError(MetalearnError, ValueError):
    """The user's input (a table, a column, an option, a file) is invalid."""


class UsageError(MetalearnError, ValueError):
    """An option or argument of a command or function has no meaning here."""


class ShapeError(MetalearnError, ValueError):
    """Arrays that belong together have different shapes."""


class UnknownNameError(MetalearnError, LookupError):
    """A name (recommender, metric, algorithm, ...) is not in its catalogue."""

    def __init__(self, what: str, name: str, known: tuple[str, ...]) -> None:
        self.what, self.name, self.known = what, name, known
        super().__init__(
            f"unknown {what} {name!r}; known: {listed(known)}{did_you_mean(name, known)}"
        )


class NegatedMetricError(UnknownNameError):
    """A name denotes a negated metric, whose direction is reversed.

    Attributes:
        metric: Name of the metric itself.
    """

    def __init__(self, name: str, metric: str) -> None:
        super().__init__("metric", name, (metric,))
        self.metric = metric
        self.args = (
            f"{name!r} is {metric} with its sign turned, of the other direction; name the metric "
            f"itself, {metric!r}, and give its own values, -({name})",
        )


class NotEnoughMetaDataError(MetalearnError, LookupError):
    """The snapshot has too few tasks, configurations or evaluations for the request."""


class SpaceExhaustedError(MetalearnError):
    """Every configuration of a finite space was proposed, so the search is complete."""

    def __init__(self, algorithm: str, n_known: int) -> None:
        super().__init__(
            f"space {algorithm!r} has no configuration left to propose, {n_known} were proposed; "
            "stop the search here, or widen the space"
        )


class StoreError(MetalearnError):
    """A store cannot be opened, read or written."""


class BusyError(StoreError):
    """Another process is writing this store.

    Attributes:
        holder: Description of the other process.
    """

    holder = "another process"


class EvaluationError(MetalearnError):
    """A configuration could not be evaluated on a task."""


class HarvestError(MetalearnError):
    """A data provider returned an unusable response."""


class MissingPackageError(MetalearnError, ImportError):
    """An optional package is not installed.

    Args:
        package: Its name.
        extra: Extra of metalearn that installs it; empty if there is none.
        purpose: What needs it.
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed; "
            f"run: {install_command(package, extra)}"
        )


def install_command(package: str, extra: str) -> str:
    """Return the command that installs a package, by its extra if there is one."""
    return f"pip install 'metalearn-memory[{extra}]'" if extra else f"pip install {package}"
