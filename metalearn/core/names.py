"""Arguments that accept one name or several: a string is one name, not a list of letters."""

from __future__ import annotations

from collections.abc import Iterable

from metalearn.errors import UnknownNameError

__all__ = ["known_names", "names_of"]


def names_of(given: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return distinct names in order, from one name, several, or None.

    >>> names_of("svc"), names_of(["svc", "svr", "svc"]), names_of(None)
    (('svc',), ('svc', 'svr'), ())
    """
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(dict.fromkeys(given))


def known_names(
    what: str, given: str | Iterable[str] | None, known: Iterable[str]
) -> tuple[str, ...]:
    """Return names as `names_of` does; each must be known.

    Raises:
        UnknownNameError: If a name is not known; the message lists the nearest known names.
    """
    names, every = names_of(given), tuple(known)
    for name in names:
        if name not in every:
            raise UnknownNameError(what, str(name), every)
    return names
