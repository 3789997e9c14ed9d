"""What a listing turned out to hold: leaves of a slice that was split until it could be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from metalearn.harvesters.openml.slices import Slice
from metalearn.harvesters.openml.transport import PackedAnswer

__all__ = ["Key", "Leaf", "Node", "Row", "RowType"]

Key = tuple[int, int]  # (run, engine)


class RowType(Protocol):
    """What evaluation rows and run rows share."""

    @property
    def run(self) -> int: ...  # noqa: D102
    @property
    def flow(self) -> int: ...  # noqa: D102
    @property
    def task(self) -> int: ...  # noqa: D102


Row = TypeVar("Row", bound=RowType)


@dataclass(slots=True)
class Leaf(Generic[Row]):
    """What a slice holds.

    Attributes:
        slice: The slice.
        rows: Its rows by (run, engine).
        pages: The answers that they came in.
        origins: Position of a row's page, 0 if not given.
        rejected: Rows that the server listed and that cannot be used, by reason.
        is_confirmed: Whether a count or a second, equal answer confirms the rows.
        is_unchanged: Whether the server's count equals what is known; then `rows` is empty.
        is_addition: Whether the rows come on top of what is known: nothing can be missing.
        compared: Known rows among them, only listed again to be compared.
        absent: Known rows that other answers lack, if the rows are an addition.
        trouble: Why it could not be read; "" if it could.
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
        """Rows and runs that the server listed: it is not known which of them it counts."""
        n_rejected = sum(self.rejected.values())
        return len(self.rows) + n_rejected, len({run for run, _ in self.rows}) + n_rejected


@dataclass(slots=True)
class Node(Generic[Row]):
    """A slice with its leaf, or with the parts into which it was split."""

    slice: Slice
    count: int | None = None  # what the server counted, if it refused to list
    leaf: Leaf[Row] | None = None
    parts: list[Node[Row]] = field(default_factory=list)

    def leaves(self) -> Iterator[Leaf[Row]]:
        """Yield the leaves below."""
        if self.leaf is not None:
            yield self.leaf
        for part in self.parts:
            yield from part.leaves()
