"""Results of a listing: leaves of a slice that was split until each part could be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from metalearn.harvesters.openml.slices import Slice
from metalearn.harvesters.openml.transport import PackedAnswer

__all__ = ["Key", "Leaf", "Node", "Row", "RowType"]

Key = tuple[int, int]  # (run, engine)


class RowType(Protocol):
    """Common interface of evaluation rows and run rows."""

    @property
    def run(self) -> int: ...  # noqa: D102
    @property
    def flow(self) -> int: ...  # noqa: D102
    @property
    def task(self) -> int: ...  # noqa: D102


Row = TypeVar("Row", bound=RowType)


@dataclass(slots=True)
class Leaf(Generic[Row]):
    """Rows of one slice.

    Attributes:
        slice: The slice.
        rows: Its rows by (run, engine).
        pages: The answers that contain them.
        origins: Position of a row's page in `pages`, 0 if absent.
        rejected: Number of listed rows that cannot be used, by reason.
        is_confirmed: Whether a count or a second, equal answer confirms the rows.
        is_unchanged: Whether the server's count equals the known number; then `rows` is empty.
        is_addition: Whether the rows add to the known ones, so that none can be missing.
        compared: Known rows among them, listed again for comparison only.
        absent: Known rows that other answers lack, if the rows are an addition.
        trouble: Why the slice could not be read; "" if it could.
    """

    slice: Slice
    rows: dict[Key, Row] = field(default_factory=dict)
    pages: list[PackedAnswer] = field(default_factory=list)
    origins: dict[Key, int] = field(default_factory=dict)
    rejected: Mapping[str, int] = field(default_factory=dict)
    is_confirmed: bool = False
    is_unchanged: bool = False
    is_addition: bool = False
    compared: frozenset[Key] = frozenset()
    absent: frozenset[Key] = frozenset()
    trouble: str = ""

    @property
    def counts(self) -> tuple[int, int]:
        """Numbers of listed rows and of listed runs; the server may count either."""
        n_rejected = sum(self.rejected.values())
        return len(self.rows) + n_rejected, len({run for run, _ in self.rows}) + n_rejected


@dataclass(slots=True)
class Node(Generic[Row]):
    """A slice with its leaf, or with the parts into which it was split."""

    slice: Slice
    count: int | None = None  # count by the server, if it refused to list
    leaf: Leaf[Row] | None = None
    parts: list[Node[Row]] = field(default_factory=list)

    def leaves(self) -> Iterator[Leaf[Row]]:
        """Yield the leaves below."""
        if self.leaf is not None:
            yield self.leaf
        for part in self.parts:
            yield from part.leaves()
