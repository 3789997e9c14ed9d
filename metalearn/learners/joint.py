"""Search spaces by name: one algorithm's, several algorithms' (`svc,svr`), or `all`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, TypeGuard

from metalearn.core.task import Kind
from metalearn.errors import (
    MissingPackageError,
    UnknownNameError,
    UsageError,
    install_command,
)
from metalearn.learners import CATALOGUE

if TYPE_CHECKING:
    from metalearn.core.joint_space import JointSpace
    from metalearn.core.space import Space

__all__ = ["ALL", "are_names", "is_joint", "named_space", "names_of_space"]

ALL = "all"
"""Name of the space of every algorithm that can be run here."""


def are_names(space: Any) -> TypeGuard[str | Sequence[str]]:
    """Return whether a user gave one name or several, not a space."""
    if isinstance(space, str):
        return True
    is_list = isinstance(space, list | tuple | set | frozenset) and len(space) > 0
    return is_list and all(isinstance(name, str) for name in space)


def names_of_space(space: str | Iterable[str]) -> tuple[str, ...]:
    """Return the distinct names in `svc,svr` or in a list, in order.

    >>> names_of_space("svc, random_forest"), names_of_space(["svc", "svc"])
    (('svc', 'random_forest'), ('svc',))
    """
    parts = [space] if isinstance(space, str) else list(space)
    found = [name.strip() for part in parts for name in part.split(",")]
    return tuple(dict.fromkeys(name for name in found if name))


def is_joint(space: Any) -> TypeGuard[str | Sequence[str]]:
    """Return whether a user names the space of several algorithms."""
    if not are_names(space):
        return False
    names = names_of_space(space)
    return len(names) != 1 or names == (ALL,)


def named_space(space: str | Iterable[str], kind: Kind) -> tuple[Space, tuple[str, ...]]:
    """Return the space of one algorithm, or the joint space of several or of all.

    Args:
        space: `all`, one name, several names, or a text of names with commas.
        kind: Kind of task.

    Returns:
        The space, and a note for each algorithm of `all` that is not installed.

    Raises:
        UnknownNameError: If a name is unknown.
        UsageError: If an algorithm cannot learn this kind, or there is no name.
        MissingPackageError: If a named algorithm is not installed.
    """
    names = names_of_space(space)
    if not names:
        raise UsageError(f"name an algorithm, several with commas, or {ALL!r}; got no name")
    for name in names:
        if name != ALL and name not in CATALOGUE:
            raise UnknownNameError("space", name, (*CATALOGUE.names(), ALL))
    if ALL in names:
        return _every(kind)
    for name in names if len(names) > 1 else ():
        if name in CATALOGUE and name not in CATALOGUE.names():
            raise UsageError(
                f"{name!r} contains all learners: name it alone, got {', '.join(names)}"
            )
    for name in names:
        learner = CATALOGUE.get(name)
        if not learner.is_installed:
            raise MissingPackageError(learner.package, learner.extra, f"searching {name!r}")
    if len(names) == 1:
        return CATALOGUE.get(names[0]).space(kind), ()
    return _joint(",".join(names), names, kind), ()


def _every(kind: Kind) -> tuple[JointSpace, tuple[str, ...]]:
    learners = [CATALOGUE.get(name) for name in CATALOGUE.names()]
    suited = [learner for learner in learners if kind in learner.kinds]
    notes = tuple(
        f"left out {learner.name}: package {learner.package} is not installed "
        f"({install_command(learner.package, learner.extra)})"
        for learner in suited
        if not learner.is_installed
    )
    here = tuple(learner.name for learner in suited if learner.is_installed)
    return _joint(ALL, here, kind), notes


@cache
def _joint(name: str, algorithms: tuple[str, ...], kind: Kind) -> JointSpace:
    from metalearn.core.joint_space import JointSpace

    return JointSpace(name, [CATALOGUE.get(each).space(kind) for each in algorithms])
