"""Catalogues: explicit tables from the name of a plug-in to its module, imported on use.

Third parties add plug-ins by entry points in the group `metalearn.<kind>s`; a name used twice is
an error. Only this module imports modules of the package by name. Code that needs a plug-in of a
higher layer finds it with `catalogue_of(kind)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Generic, TypeVar, cast

from metalearn.errors import MetalearnError, UnknownNameError

__all__ = ["KINDS", "Catalogue", "catalogue_of", "load"]

_CATALOGUES = {  # kind of plug-in -> its catalogue
    "bridge": "metalearn.bridges:CATALOGUE",
    "command": "metalearn.cli.commands:CATALOGUE",
    "engine": "metalearn.engines:CATALOGUE",
    "format": "metalearn.harvesters:FORMATS",
    "learner": "metalearn.learners:CATALOGUE",
    "metafeature_group": "metalearn.metafeatures:GROUPS",
    "optimizer": "metalearn.optimizers:CATALOGUE",
    "page": "metalearn.pages:CATALOGUE",
    "plot": "metalearn.plots:CATALOGUE",
    "preset": "metalearn.automl.strategies:CATALOGUE",
    "recommender": "metalearn.recommenders:CATALOGUE",
    "surrogate": "metalearn.surrogates:CATALOGUE",
}
KINDS = tuple(_CATALOGUES)
"""Kinds of plug-in; the group of entry points of each is `metalearn.<kind>s`."""

T = TypeVar("T")


class Catalogue(Generic[T]):
    """Names of one kind of plug-in and the objects behind them.

    Args:
        kind: Kind of the entries, in the singular, for instance `recommender`.
        entries: Name -> `"module:attribute"`, or `"module"` for a module itself.
        aliases: Further name -> name of an entry; found by `get`, not listed by `names`.
        unlisted: Further entries, which `get` finds and `names` does not list: those that are made
            of the others.
    """

    def __init__(
        self,
        kind: str,
        entries: Mapping[str, str],
        aliases: Mapping[str, str] | None = None,
        unlisted: Mapping[str, str] | None = None,
    ) -> None:
        self.kind = kind
        self._own = dict(entries)
        self._aliases = dict(aliases or {})
        self._unlisted = dict(unlisted or {})

    def __contains__(self, name: object) -> bool:
        return name in self._entries or name in self._aliases

    @cached_property
    def _entries(self) -> dict[str, str]:
        merged = self._own | self._unlisted
        for point in entry_points(group=f"metalearn.{self.kind}s"):
            alias = self._aliases.get(point.name)
            if alias is not None:
                raise MetalearnError(
                    f"the {self.kind} name {point.name!r} is used twice: it is an alias of "
                    f"{alias!r}; rename the entry point {point.value}"
                )
            if merged.setdefault(point.name, point.value) != point.value:
                raise MetalearnError(
                    f"the {self.kind} name {point.name!r} is used twice: {merged[point.name]} and "
                    f"{point.value}; rename one of the entry points"
                )
        return merged

    @property
    def aliases(self) -> Mapping[str, str]:
        """Further name -> name of an entry."""
        return self._aliases

    def names(self) -> tuple[str, ...]:
        """Return all listed names, those of the package first."""
        return tuple(name for name in self._entries if name not in self._unlisted)

    def get(self, name: str) -> T:
        """Return the object of that name or alias, importing it on first use.

        Raises:
            UnknownNameError: If the catalogue has no such name.
        """
        return cast(T, load(self.where(name)))

    def where(self, name: str) -> str:
        """Return where the object of a name or alias lives: `"module:attribute"`, or `"module"`.

        Raises:
            UnknownNameError: If the catalogue has no such name.
        """
        entry = self._entries.get(self._aliases.get(name, name))
        if entry is None:
            raise UnknownNameError(self.kind, name, (*self.names(), *self._aliases))
        return entry

    def is_plug_in(self, name: str) -> bool:
        """Return whether another package brings the object, so that its version is not ours.

        Raises:
            UnknownNameError: If the catalogue has no such name.
        """
        return not self.where(name).startswith("metalearn.")


def load(reference: str) -> Any:  # Any: whatever lives there
    """Return the object at `"module:attribute"`, or the module at `"module"`."""
    module, _, attribute = reference.partition(":")
    loaded = import_module(module)
    return getattr(loaded, attribute) if attribute else loaded


def catalogue_of(kind: str) -> Catalogue[Any]:  # Any: each kind has its own seam
    """Return the catalogue of a kind of plug-in.

    Raises:
        UnknownNameError: If there is no such kind.
    """
    if kind not in _CATALOGUES:
        raise UnknownNameError("kind of plug-in", kind, tuple(_CATALOGUES))
    found: Catalogue[Any] = load(_CATALOGUES[kind])
    return found
