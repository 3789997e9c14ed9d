"""Where the pages of a site lie, and the links between them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from metalearn.pages.parts import slug
from metalearn.pages.rendering import Link

__all__ = ["links", "page_of", "short_digest"]

_MOST = 40  # characters of a name in an address
_LINKS = (
    ("Overview", "index.html"),
    ("Tasks", "tasks.html"),
    ("Algorithms", "algorithms.html"),
    ("Loads", "loads.html"),
)
_COMPARISONS = (("Recommenders", "recommenders.html"), ("Systems", "systems.html"))


def short_digest(text: str) -> str:
    """Return eight digits that differ between texts."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def page_of(folder: str, name: str, key: str) -> str:
    """Return the address of a page, relative to the site; safe whatever the name is.

    >>> page_of("tasks", "Café / 1", "table:1")
    'tasks/caf-1-da02b5f2.html'
    """
    return f"{folder}/{slug(name)[:_MOST].strip('-') or 'x'}-{short_digest(key)}.html"


def links(*, deep: bool, comparisons: Collection[str] = ()) -> tuple[Link, ...]:
    """Return the links on top of a page.

    Args:
        deep: Whether the page lies in a folder of the site.
        comparisons: Addresses of the pages of comparisons that the site has.
    """
    up = "../" if deep else ""
    listed = (*_LINKS, *(link for link in _COMPARISONS if link[1] in comparisons))
    return tuple(Link(text, f"{up}{href}") for text, href in listed)
