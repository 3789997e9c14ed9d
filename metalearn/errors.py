"""The errors of metalearn: every message says what was expected, what came, and what to do next.

All derive from `MetalearnError` and, where it fits, from the builtin that a caller would expect.
"""

from __future__ import annotations

__all__ = [
    "BusyError",
    "EvaluationError",
    "HarvestError",
    "InputError",
    "MetalearnError",
    "MissingPackageError",
    "NotEnoughMetaDataError",
    "ShapeError",
    "SpaceExhaustedError",
    "StoreError",
    "UnknownNameError",
    "UsageError",
]


class MetalearnError(Exception):
    """Base of all errors that metalearn raises on purpose."""


class InputError(MetalearnError, ValueError):
    """The user's input (a table, a column, an option, a file) cannot be used as it is."""


class UsageError(MetalearnError, ValueError):
    """An option or argument of a command or function has no meaning here."""


class ShapeError(MetalearnError, ValueError):
    """Arrays that belong together have different shapes."""


class UnknownNameError(MetalearnError, LookupError):
    """A name (recommender, metric, algorithm, ...) is not in its catalogue."""

    def __init__(self, what: str, name: str, known: tuple[str, ...]) -> None:
        self.what, self.name, self.known = what, name, known
        listed = ", ".join(known) if known else "none"
        super().__init__(f"unknown {what} {name!r}; known: {listed}")


class NotEnoughMetaDataError(MetalearnError, LookupError):
    """The snapshot holds too few tasks, configurations or evaluations for what was asked."""


class SpaceExhaustedError(MetalearnError):
    """Every configuration of a finite space was asked for: the search is at its end."""

    def __init__(self, algorithm: str, n_known: int) -> None:
        super().__init__(
            f"space {algorithm!r} has no configuration left to propose, {n_known} were asked for; "
            "stop the search here, or widen the space"
        )


class StoreError(MetalearnError):
    """A store cannot be opened, read or written."""


class BusyError(StoreError):
    """Another process is writing this store.

    Attributes:
        holder: Who, in words.
    """

    holder = "another process"


class EvaluationError(MetalearnError):
    """A configuration could not be evaluated on a task."""


class HarvestError(MetalearnError):
    """A provider of data answered in a way that cannot be used."""


class MissingPackageError(MetalearnError, ImportError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed; "
            f"run: pip install 'metalearn-memory[{extra}]'"
        )
