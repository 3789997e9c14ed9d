"""Parser of ARFF as Weka reads it: declarations, dense and sparse rows, comments, quotes.

Keywords are case-insensitive. A type may be followed by a range (`INTEGER [0,9]`), a date format
or a comment, and a brace needs no blank before it (`c1{0,1}`). A row may end with a weight.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from metalearn.errors import InputError

__all__ = ["MISSING_CELL", "Attribute", "attribute_of", "keyword_of", "relation_of", "row_cells"]

MISSING_CELL = ""
_SINGLE, _DOUBLE = r"'((?:[^'\\]|\\.)*)'", r'"((?:[^"\\]|\\.)*)"'
_NAME = re.compile(rf"\s*(?:{_SINGLE}|{_DOUBLE}|([^\s{{'\"][^\s{{]*))")
_LEVEL = re.compile(rf"\s*(?:{_SINGLE}|{_DOUBLE}|([^,}}'\"][^,}}]*?|))\s*(,|\}})")
_CELL = re.compile(rf"\s*(?:{_SINGLE}|{_DOUBLE}|([^,'\"][^,]*|))\s*(,|$)")
_SPARSE = re.compile(rf"\s*(\d{{1,9}})\s+(?:{_SINGLE}|{_DOUBLE}|([^,'\"][^,]*))\s*(,|$)")
_WEIGHT = re.compile(r"\s*,\s*\{\s*[-+.\deE]+\s*\}\s*$")
_COMMENT = re.compile(rf"(?:{_SINGLE}|{_DOUBLE}|[^'\"])*?\s(%.*)$")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_TYPES = {"numeric": "numeric", "real": "numeric", "integer": "integer", "string": "string",
          "date": "date"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attribute:
    """One declared attribute.

    Attributes:
        name: Its name.
        kind: `numeric`, `integer`, `string`, `date` or `nominal`.
        levels: Values of a nominal one, in the order of the declaration.
    """

    name: str
    kind: str
    levels: tuple[str, ...] = ()

    @property
    def zero(self) -> str:
        """Value of the attribute in a sparse row that does not list it."""
        if self.kind == "nominal":
            return self.levels[0] if self.levels else MISSING_CELL
        return "0"


def keyword_of(text: str) -> str:
    """Return the keyword at the start of a line, in lower case (`relation`, ...), or ""."""
    found = re.match(r"@(\w+)", text)
    return found[1].lower() if found else ""


def relation_of(text: str) -> str:
    """Return the name of the relation from its line."""
    rest = re.sub(r"^@\w+", "", text).strip()
    quoted = re.match(rf"{_SINGLE}|{_DOUBLE}", rest)
    return _unquoted(quoted[1], quoted[2], None) if quoted else rest


def attribute_of(text: str) -> Attribute:
    """Return the attribute that a line declares.

    Raises:
        InputError: If the line declares no attribute; the message does not name the file.
    """
    rest = re.sub(r"^@\w+", "", text)
    name = _NAME.match(rest)
    if name is None:
        raise InputError(f"expected @ATTRIBUTE NAME TYPE, got {text[:80]!r}")
    called = _unquoted(*name.group(1, 2, 3)) if name[3] is None else name[3]
    kind = rest[name.end() :].strip()
    if kind.startswith("{"):
        return Attribute(called, "nominal", _levels(kind, text))
    word = re.match(r"[A-Za-z]+", kind)
    found = _TYPES.get(word[0].lower()) if word else None
    if found is None:
        raise InputError(
            f"expected numeric, real, integer, string, date or {{values}} for {called!r}, got "
            f"{kind[:60]!r}"
        )
    return Attribute(called, found)


def _levels(kind: str, text: str) -> tuple[str, ...]:
    levels: list[str] = []
    position = 1
    while True:
        match = _LEVEL.match(kind, position)
        if match is None:
            raise InputError(f"expected {{value, ...}} with a closing brace, got {text[:80]!r}")
        bare = match[1] is None and match[2] is None
        if not (bare and not match[3]):  # not: nothing between two commas, or empty braces
            levels.append(match[3] if bare else _unquoted(*match.group(1, 2, 3)))
        position = match.end()
        if match[4] == "}":
            return tuple(levels)


def row_cells(text: str, attributes: Sequence[Attribute]) -> list[str] | None:
    """Return the cells of a data row, missing ones empty; None if the row is malformed."""
    if "%" in text and (comment := _COMMENT.match(text)):
        text = text[: comment.start(3)].rstrip()
    sparse = text.startswith("{")
    text = _WEIGHT.sub("", text) if text.endswith("}") else text
    if sparse:
        return _sparse(text, attributes)
    cells = _dense(text)
    if cells is not None and len(cells) == 1 < len(attributes) and "'" not in text:
        cells = [MISSING_CELL if cell == "?" else cell for cell in text.split()]
    return cells if cells is not None and len(cells) == len(attributes) else None


def _dense(text: str) -> list[str] | None:
    if "'" not in text and '"' not in text:
        cells = [cell.strip() for cell in text.split(",")]
        return [MISSING_CELL if cell == "?" else cell for cell in cells]
    cells, position = [], 0
    while True:
        match = _CELL.match(text, position)
        if match is None:
            return None
        cells.append(_unquoted(*match.group(1, 2, 3)))
        position = match.end()
        if match[4] == "":
            return cells


def _sparse(text: str, attributes: Sequence[Attribute]) -> list[str] | None:
    if not text.endswith("}"):
        return None
    cells, inside, position = [a.zero for a in attributes], text[1:-1].strip(), 0
    while inside:
        match = _SPARSE.match(inside, position)
        if match is None or int(match[1]) >= len(cells):
            return None
        cells[int(match[1])] = _unquoted(*match.group(2, 3, 4))
        position = match.end()
        if match[5] == "":
            break
    return cells


def _unquoted(single: str | None, double: str | None, bare: str | None) -> str:
    quoted = single if single is not None else double
    if quoted is not None:
        return _ESCAPE.sub(_unescaped, quoted)
    bare = (bare or "").strip()
    return MISSING_CELL if bare == "?" else bare


def _unescaped(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPES.get(code, code)
