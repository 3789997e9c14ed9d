"""ARFF as a stream of rows: dense or sparse, quoted values, missing values, comments.

Rows are split one by one, so that a damaged row can be counted and named by its line instead of
ending the import, and so that files larger than memory can be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from metalearn.core.arff import MISSING_CELL, Attribute, attribute_of, keyword_of, relation_of
from metalearn.core.arff import row_cells as cells_of
from metalearn.errors import InputError
from metalearn.harvesters.files import lines

__all__ = ["MISSING_CELL", "ArffHeader", "arff_header", "arff_rows"]


@dataclass(frozen=True, slots=True)
class ArffHeader:
    """Header of an ARFF file.

    Attributes:
        relation: Name of the relation.
        comments: Comment lines before the data, without the percent sign.
        attributes: What its columns are.
    """

    relation: str
    comments: tuple[str, ...]
    attributes: tuple[Attribute, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the attributes."""
        return tuple(attribute.name for attribute in self.attributes)

    @property
    def zeros(self) -> tuple[str, ...]:
        """Value of cells absent from a sparse row: `0`, or the first nominal value."""
        return tuple(attribute.zero for attribute in self.attributes)


def arff_header(path: Path) -> ArffHeader:
    """Return the header of an ARFF file.

    Raises:
        InputError: If the file is not ARFF.
    """
    relation = ""
    comments: list[str] = []
    attributes: list[Attribute] = []
    for number, line in enumerate(lines(path), start=1):
        text = line.strip()
        keyword = keyword_of(text)
        if text.startswith("%"):
            comments.append(text.lstrip("% "))
        elif keyword == "data":
            return ArffHeader(relation, tuple(comments), tuple(attributes))
        elif keyword == "relation":
            relation = relation_of(text)
        elif keyword == "attribute":
            try:
                attributes.append(attribute_of(text))
            except InputError as error:
                raise InputError(
                    f"{path.name}, line {number}: the ARFF header cannot be read: {error}"
                ) from None
        elif text:
            raise InputError(
                f"{path.name}: expected ARFF (@RELATION, @ATTRIBUTE, @DATA), got {text[:60]!r}"
            )
    raise InputError(
        f"{path.name}: expected ARFF with a line @DATA, found none; the file may be cut off"
    )


def arff_rows(path: Path, header: ArffHeader) -> Iterator[tuple[int, list[str] | None]]:
    """Yield `(line number, cells)`; missing cells are empty texts.

    Cells are None where the row does not have the attributes of the header.
    """
    started = False
    for number, line in enumerate(lines(path), start=1):
        text = line.strip()
        if not started:
            started = keyword_of(text) == "data"
        elif text and not text.startswith("%"):
            yield number, cells_of(text, header.attributes)
