"""`report`: the memory as a static site of pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.pages.report.writing import SiteWriter, digest_of

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["Site", "SiteOptions", "write_site"]

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """What is on a site.

    Attributes:
        metric: Metric of the scores; None for the one that `recommend` takes.
        slow: Whether algorithms get functional ANOVA and tunability.
        recommenders: Recommenders that are compared; empty for no comparison.
        systems: Text of the document of `metalearn evaluate --systems --json`, shown as a page;
            "" for none.
        seed: Seed of everything random.
    """

    metric: str | None = None
    slow: bool = False
    recommenders: tuple[str, ...] = ()
    systems: str = ""
    seed: int = 0

    @property
    def comparisons(self) -> tuple[str, ...]:
        """Addresses of the pages of comparisons."""
        pages = (("recommenders.html", self.recommenders), ("systems.html", self.systems))
        return tuple(page for page, what in pages if what)


@dataclass(frozen=True, slots=True)
class Site:
    """A written site.

    Attributes:
        folder: Where it lies.
        snapshot: Digest of the snapshot of the store.
        written: Pages written now.
        kept: Pages that had not changed.
    """

    folder: Path
    snapshot: str
    written: tuple[str, ...]
    kept: tuple[str, ...]


def write_site(
    store: Store, folder: Path, options: SiteOptions | None = None,
    progress: Progress | None = None,
) -> Site:  # fmt: skip
    """Write the pages of a store into a folder; pages without a change are left alone.

    Args:
        store: The store.
        folder: Where to; new, empty, or with an earlier report.
        options: What is on the site.
        progress: Called with the number of pages done, and of all.

    Raises:
        UsageError: If the folder holds something else.
    """
    options = options or SiteOptions()
    writer = SiteWriter(folder, options.comparisons)
    if writer.open(digest_of([store.snapshot, str(store.path), options])):
        return Site(folder, store.snapshot, (), tuple(writer.kept))
    # An unchanged site needs nothing of what pages are made of, which takes seconds to import.
    from metalearn.pages.report.contents import write_pages

    write_pages(writer, store, options, progress)
    writer.close()
    return Site(folder, store.snapshot, tuple(writer.written), tuple(writer.kept))
