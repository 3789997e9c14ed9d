"""The type of a bridge to a library of optimizers, and what all bridges share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from metalearn.core.configuration import Configuration
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import MissingPackageError

if TYPE_CHECKING:
    import ConfigSpace

__all__ = ["Bridge", "Honours", "configuration_of", "loaded", "pending", "values_of"]

Honours = Literal["seeds", "observations", "prior", "sources", "memory"]


@dataclass(frozen=True)
class Bridge:
    """A library of optimizers, and how it takes a warm start.

    Attributes:
        name: Name of the bridge: `warm.to_<name>(...)`.
        package: What is imported.
        extra: What to install: `pip install 'metalearn-memory[<extra>]'`.
        honours: Parts of a warm start that reach the optimizer; `memory`: its trials are
            remembered while it runs, if the warm start remembers them.
        start: From a warm start and the library's own options to the library's own object.
        read_space: From the library's space to a ConfigSpace; None if it has no space.
        trials: From the library's results to finished trials in `warm.space`, without the
            observations of the warm start; None if it keeps no results.
        title: Name of the library in prose.
        modules: Packages whose types mark a space or a result as one of this library.
        space: What its spaces are called, with the article: "a Ray Tune dict".
        reads_plain_dicts: Whether dicts that hold nothing of any library are its spaces, too; one
            bridge says so.
        forbidden: What the library's own suggestions, after the initial design, do where the space
            has forbidden clauses: "kept", "ignored", or how they are kept.
        joint: How it searches the joint space of several algorithms: "conditional" axes, "flat"
            (axes of other algorithms are suggested too, and to be ignored), "one algorithm" (that
            of the best known configuration), or "refused".
    """

    name: str
    package: str
    extra: str
    honours: frozenset[Honours]
    start: Callable[..., Any]
    read_space: Callable[[Any], ConfigSpace.ConfigurationSpace] | None = None
    trials: Callable[[WarmStart, Any], list[Trial]] | None = None
    title: str = ""
    modules: tuple[str, ...] = ()
    space: str = ""
    reads_plain_dicts: bool = False
    forbidden: str = "ignored"
    joint: Literal["conditional", "flat", "one algorithm", "refused"] = "flat"

    @property
    def is_installed(self) -> bool:
        """Whether the library is installed here."""
        return find_spec(self.package) is not None


def loaded(package: str, extra: str, module: str | None = None) -> Any:
    """Return a library's module.

    Raises:
        MissingPackageError: If it is not installed, naming the extra.
    """
    if find_spec(package) is None:
        raise MissingPackageError(package, extra, f"the bridge to {package}")
    return import_module(module or package)


def values_of(warm: WarmStart, configuration: Configuration) -> dict[str, Any]:
    """Return a configuration as the user writes it: objects in place of the words for them."""
    values = warm.space.values_of(configuration)
    return values if warm.mapping is None else warm.mapping.given(values)


def pending(warm: WarmStart, values: Iterable[tuple[str, Any]], fidelity: float = 1.0) -> Trial:
    """Return a trial of a library's values, without a loss yet.

    Args:
        warm: The warm start.
        values: By name, as for `configuration_of`.
        fidelity: Share of the full resource that it was evaluated with, in (0, 1].
    """
    given = list(values)
    return Trial(configuration_of(warm, given), fidelity=fidelity, outside=_outside(warm, given))


def configuration_of(warm: WarmStart, values: Iterable[tuple[str, Any]]) -> Configuration:
    """Return the configuration for a library's values; the inverse of `values_of`."""
    from metalearn.bridges.axes import word

    known = {name: word(value) for name, value in values if name in warm.space.names}
    return warm.space.configuration(known)


def _outside(warm: WarmStart, values: list[tuple[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Return what neither the space has nor the user's own space holds constant."""
    original = None if warm.mapping is None else warm.mapping.original
    spaces = original if isinstance(original, list | tuple) else [original]
    read = {name for space in spaces if isinstance(space, Mapping) for name in space}
    known = read.union(warm.space.names)  # what was read and is no axis is a constant
    return tuple((name, repr(value)) for name, value in values if name not in known)
