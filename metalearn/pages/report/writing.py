"""The site as files: what has not changed is neither computed nor written again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from metalearn import __version__
from metalearn.errors import UsageError
from metalearn.pages.parts import HtmlPage
from metalearn.pages.rendering import asset, current_links, navigation, render, writing_data
from metalearn.pages.report.places import links

__all__ = ["SiteWriter", "digest_of"]

_MANIFEST = "manifest.json"
_FORM = 1


def digest_of(parts: Iterable[object]) -> str:
    """Return a digest of values, by their texts; equal values have equal digests."""
    found = hashlib.sha256()
    for part in (_FORM, __version__, asset("style.css"), asset("script.js"), *parts):
        found.update(repr(part).encode())
        found.update(b"\0")
    return found.hexdigest()


@dataclass(slots=True)
class SiteWriter:
    """Writes the pages of a site into a folder.

    Attributes:
        folder: Where to.
        comparisons: Addresses of its pages of comparisons.
        written: Pages that were written now.
        kept: Pages that were as they should be.
    """

    folder: Path
    comparisons: tuple[str, ...] = ()
    written: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    _whole: str = ""
    _before: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    _now: dict[str, tuple[str, list[str]]] = field(default_factory=dict)

    def open(self, whole: str) -> bool:
        """Make the folder and read what lies there; return whether all of it is as it should be.

        Args:
            whole: Digest of everything that the site is made of.

        Raises:
            UsageError: If the folder holds files of something else.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        manifest, before = self.folder / _MANIFEST, ""
        if manifest.exists():
            self._before, before = _read(manifest)
        elif any(self.folder.iterdir()):
            raise UsageError(
                f"--out: {str(self.folder)!r} holds files, but no report; name an empty or a new "
                "folder, or one with an earlier report"
            )
        (self.folder / "data").mkdir(exist_ok=True)
        self._whole = whole
        if before != whole or not all(self._is_whole(k, d) for k, (_, d) in self._before.items()):
            return False
        self.kept = list(self._before)
        return True

    def page(self, place: str, digest: str, build: Callable[[], HtmlPage]) -> None:
        """Write a page with the data of its charts, unless it was made from the same content.

        Args:
            place: Its address, relative to the site.
            digest: Of everything that it is made of.
            build: Called if it has to be made.
        """
        digest = digest_of([digest, self.comparisons])  # which are links on top of the page
        before = self._before.get(place)
        path = self.folder / place
        if before is not None and before[0] == digest and self._is_whole(place, before[1]):
            self._now[place] = before
            self.kept.append(place)
            return
        path.parent.mkdir(exist_ok=True)
        deep = "/" in place
        data: list[str] = []
        with (
            navigation((*current_links(), *links(deep=deep, comparisons=self.comparisons))),
            writing_data(self.folder / "data", "../data/" if deep else "data/", data),
        ):
            text = render(build())
        self._now[place] = (digest, [f"data/{name}" for name in data])
        path.write_text(text, encoding="utf-8")
        self.written.append(place)

    def close(self) -> None:
        """Remove the files of pages that no longer exist, and write the manifest."""
        current = {*self._now, *(name for _, data in self._now.values() for name in data)}
        former = {*self._before, *(name for _, data in self._before.values() for name in data)}
        for name in former - current:
            (self.folder / name).unlink(missing_ok=True)
        text = json.dumps({"whole": self._whole, "pages": self._now}, indent=0, sort_keys=True)
        (self.folder / _MANIFEST).write_text(text + "\n", encoding="utf-8")

    def _is_whole(self, place: str, data: list[str]) -> bool:
        return all((self.folder / name).exists() for name in (place, *data))


def _read(manifest: Path) -> tuple[dict[str, tuple[str, list[str]]], str]:
    """Return what a manifest lists; nothing of a damaged one, and no place outside the site."""
    try:
        document = json.loads(manifest.read_text(encoding="utf-8"))
        pages, whole = document["pages"], str(document["whole"])
        found = {str(k): (str(digest), [str(n) for n in data]) for k, (digest, data) in
                 pages.items()}  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}, ""
    inside = {
        place: (digest, data)
        for place, (digest, data) in found.items()
        if all(_is_inside(name) for name in (place, *data))
    }
    return inside, whole if len(inside) == len(found) else ""


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and name.endswith((".html", ".csv"))
