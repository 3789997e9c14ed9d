"""Detection of the bridge that a space or a result of another library belongs to, by types.

A user's own space is converted to a ConfigSpace. Only the library that the object comes from is
imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from metalearn.catalogue import catalogue_of
from metalearn.errors import InputError

if TYPE_CHECKING:
    import ConfigSpace

__all__ = ["bridge_of", "library_of", "read_space"]


def read_space(foreign: Any) -> tuple[str, ConfigSpace.ConfigurationSpace]:
    """Return the name of the library and the space as a ConfigSpace.

    Args:
        foreign: An Optuna distribution dict, a ConfigSpace, a Hyperopt or Nevergrad space,
            scikit-optimize dimensions, a Ray Tune, FLAML or Syne Tune dict, Ax parameters, or a
            scikit-learn grid: lists and SciPy distributions by name, or a list of such dicts.

    Raises:
        InputError: If it is none of these, or an axis cannot be converted.
    """
    library = library_of(foreign)
    reader = catalogue_of("bridge").get(library).read_space
    if reader is None:
        raise InputError(f"the bridge {library!r} reads no spaces")
    return library, reader(foreign)


def library_of(foreign: Any) -> str:
    """Return the name of the bridge that a space belongs to.

    Raises:
        InputError: If no library with a bridge has such spaces.
    """
    for part in _parts(foreign):
        library = _library_of_type(part)
        if library is not None:
            return library
    if isinstance(foreign, Mapping) or (
        isinstance(foreign, list) and foreign and all(isinstance(f, Mapping) for f in foreign)
    ):
        return str(next(bridge.name for bridge in _bridges() if bridge.reads_plain_dicts))
    known = ", ".join(bridge.space for bridge in _bridges() if bridge.space)
    raise InputError(
        f"expected a search space, got {type(foreign).__name__}. It may be the name of a learner "
        f"or one of: {known}"
    )


def bridge_of(result: Any) -> str:
    """Return the name of the bridge that a library's results belong to.

    Raises:
        InputError: If no library with a bridge has such results.
    """
    library = _library_of_type(result)
    if library is None:
        raise InputError(
            f"{type(result).__name__} is no result of a library that has a bridge; give a "
            "sequence of finished metalearn trials instead"
        )
    return library


def _library_of_type(thing: Any) -> str | None:
    """Return the bridge of the package that defines the type of a thing, or a base of it."""
    libraries: dict[str, str] = {
        module: bridge.name for bridge in _bridges() for module in bridge.modules
    }
    for cls in type(thing).__mro__:
        library = libraries.get(cls.__module__.partition(".")[0])
        if library is not None:
            return library
    return None


def _bridges() -> list[Any]:
    """Return all bridges; each imports its library only when it is used."""
    catalogue = catalogue_of("bridge")
    return [catalogue.get(name) for name in catalogue.names()]


def _parts(foreign: Any) -> Iterator[Any]:
    yield foreign
    inner = foreign.values() if isinstance(foreign, Mapping) else foreign
    if isinstance(foreign, (Mapping, list, tuple)):
        yield from inner
