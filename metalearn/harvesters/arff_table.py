"""ARFF as a stream of rows: dense or sparse, quoted values, missing values, comments.

The header is small and goes through liac-arff; rows are split here, one by one, so that a damaged
row can be counted and named by its line instead of ending the import, and so that files larger
than memory can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from metalearn.errors import InputError
from metalearn.harvesters.files import lines

__all__ = ["MISSING_CELL", "ArffHeader", "arff_header", "arff_rows"]

MISSING_CELL = ""
_CELL = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,'"][^,]*|))\s*(,|$)""")
_SPARSE_CELL = re.compile(
    r"""\s*(\d+)\s+(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,'"][^,]*))\s*(,|$)"""
)


@dataclass(frozen=True, slots=True)
class ArffHeader:
    """What an ARFF file says before its rows.

    Attributes:
        relation: Name of the relation.
        comments: Comment lines before the data, without the percent sign.
        names: Names of the attributes.
        zeros: What a sparse row means where it gives nothing: `0`, or the first nominal value.
    """

    relation: str
    comments: tuple[str, ...]
    names: tuple[str, ...]
    zeros: tuple[str, ...]


def arff_header(path: Path) -> ArffHeader:
    """Return the header of an ARFF file.

    Raises:
        InputError: If the file is not ARFF.
    """
    import arff

    head: list[str] = []
    comments: list[str] = []
    for line in lines(path):
        text = line.strip()
        if text.startswith("%"):
            comments.append(text.lstrip("% "))
        elif text.lower().startswith("@data"):
            break
        elif text:
            head.append(text)
        if head and not head[0].startswith("@"):
            raise InputError(
                f"{path.name}: expected ARFF (@RELATION, @ATTRIBUTE, @DATA), got {head[0][:60]!r}"
            )
    else:
        raise InputError(
            f"{path.name}: expected ARFF with a line @DATA, found none; the file may be cut off"
        )
    try:
        parsed = arff.loads("\n".join([*head, "@DATA\n"]))
    except arff.ArffException as error:
        raise InputError(f"{path.name}: the ARFF header cannot be read: {error}") from None
    attributes = parsed["attributes"]
    return ArffHeader(
        str(parsed["relation"]),
        tuple(comments),
        tuple(str(name) for name, _ in attributes),
        tuple(str(kind[0]) if isinstance(kind, list) else "0" for _, kind in attributes),
    )


def arff_rows(path: Path, header: ArffHeader) -> Iterator[tuple[int, list[str] | None]]:
    """Yield `(line number, cells)`; missing cells are empty texts.

    Cells are None where the row does not have the attributes of the header.
    """
    started = False
    for number, line in enumerate(lines(path), start=1):
        text = line.strip()
        if not started:
            started = text.lower().startswith("@data")
        elif text and not text.startswith("%"):
            sparse = text.startswith("{")
            cells = _sparse(text, header) if sparse else _dense(text)
            fits = cells is not None and len(cells) == len(header.names)
            yield number, cells if fits else None


def _dense(text: str) -> list[str] | None:
    if "'" not in text and '"' not in text:
        cells = [cell.strip() for cell in text.split(",")]
        return [MISSING_CELL if cell == "?" else cell for cell in cells]
    cells, position = [], 0
    while True:
        match = _CELL.match(text, position)
        if match is None:
            return None
        cells.append(_text(*match.group(1, 2, 3)))
        position = match.end()
        if match[4] == "":
            return cells


def _sparse(text: str, header: ArffHeader) -> list[str] | None:
    if not text.endswith("}"):
        return None
    cells, inside, position = list(header.zeros), text[1:-1].strip(), 0
    while inside:
        match = _SPARSE_CELL.match(inside, position)
        if match is None or int(match[1]) >= len(cells):
            return None
        cells[int(match[1])] = _text(*match.group(2, 3, 4))
        position = match.end()
        if match[5] == "":
            break
    return cells


def _text(single: str | None, double: str | None, bare: str | None) -> str:
    quoted = single if single is not None else double
    if quoted is not None:
        return re.sub(r"\\(.)", r"\1", quoted)
    bare = (bare or "").strip()
    return MISSING_CELL if bare == "?" else bare
