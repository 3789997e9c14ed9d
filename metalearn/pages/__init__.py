"""Pages: results as self-contained HTML, from one set of parts, without anything from elsewhere.

Each module turns a result into a `Page`; `parts` are what pages are made of; `charts` draw inline
SVG; `rendering` is the one place where a page becomes text, every name escaped. The catalogue
holds the fragments that results offer to notebooks: functions from the result to HTML.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from metalearn.catalogue import Catalogue

__all__ = ["CATALOGUE"]

Fragment = Callable[[Any], str]  # Any: each result has its own type

CATALOGUE: Catalogue[Fragment] = Catalogue(
    "page", {"recommendations": "metalearn.pages.recommend:fragment"}
)
