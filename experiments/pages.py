"""Parts of documentation pages that experiments write, each between two markers.

In a page, `<!-- name -->` and `<!-- end name -->` stand around what a script writes; the rest is
written by hand.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

__all__ = ["page_parser", "replaced", "write_parts"]


def page_parser(about: str | None, script: str, *, smoke: str) -> argparse.ArgumentParser:
    """Return a parser of what scripts have in common that write a table from a store into a page.

    Args:
        about: What `--help` says.
        script: The file of the script; results go to `out` beside it by default.
        smoke: What `--smoke` does.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--kb", default=None)
    parser.add_argument("--out", type=Path, default=Path(script).parent / "out")
    parser.add_argument("--docs", action="store_true", help="write the table into the page")
    parser.add_argument("--smoke", action="store_true", help=smoke)
    return parser


def replaced(text: str, name: str, part: str) -> str:
    """Return a page with what stands between the markers of that name replaced.

    Raises:
        ValueError: If the page does not have each marker once, in this order.
    """
    start, end = f"<!-- {name} -->", f"<!-- end {name} -->"
    if text.count(start) != 1 or text.count(end) != 1 or text.index(start) > text.index(end):
        raise ValueError(f"expected one {start} and one {end} after it; add them to the page")
    before, rest = text.split(start)
    return f"{before}{start}\n{part.strip()}\n{end}{rest.split(end)[1]}"


def write_parts(page: Path, parts: Mapping[str, str], *, only_known: bool = False) -> None:
    """Write parts by name into a page.

    Args:
        page: The page.
        parts: What to put between the markers of each name.
        only_known: Leave out parts that the page has no markers for, instead of failing.
    """
    text = page.read_text(encoding="utf-8")
    for name, part in parts.items():
        if not only_known or f"<!-- {name} -->" in text:
            text = replaced(text, name, part)
    page.write_text(text, encoding="utf-8")
