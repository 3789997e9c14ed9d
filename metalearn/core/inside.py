"""Whether a configuration lies in a space."""

from __future__ import annotations

from metalearn.core.configuration import Configuration
from metalearn.core.space import Space
from metalearn.errors import InputError

__all__ = ["lies_in"]


def lies_in(space: Space, configuration: Configuration) -> bool:
    """Return whether a space has the configuration's axes and values; it may be forbidden."""
    try:
        space.encode([configuration])
    except InputError:
        return False
    return True
