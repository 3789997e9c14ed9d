"""Reading a listing without order or "since" filter whose answers may be wrong or incomplete.

A slice that fits into one answer is complete. A longer one is counted by the server and split, and
its parts must add up to the count. A slice that no count confirms is requested until two answers
are equal. A slice that cannot be split is paged with overlap until a sweep has as many rows as the
server counts before and after it, or until two sweeps are equal.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Generic

from metalearn.harvesters.openml.client import (
    Client,
    RefusedError,
    TooManyError,
    UnansweredError,
    UnknownError,
)
from metalearn.harvesters.openml.leaves import Key, Leaf, Node, Row
from metalearn.harvesters.openml.pages import Listed
from metalearn.harvesters.openml.recent import Hints, Recent, look_at_recent
from metalearn.harvesters.openml.slices import Cells, Slice
from metalearn.harvesters.openml.sweeps import sweep_until_stable
from metalearn.harvesters.openml.transport import Answer
from metalearn.harvesters.openml.xml import PageError

__all__ = ["ListReader"]

_LOG = logging.getLogger(__name__)
_MAX_READS = 5
_MAX_SLICE = 1500  # maximum length of a slice's address, with room for run ids


class ListReader(Generic[Row]):
    """Reads all rows of a slice; `lacking` names slices with more counted than listed rows.

    Args:
        client: Sends the requests.
        read: Parses a body to rows.
        key: Returns the identity of a row.
        cells: Known rows per (flow, task), for splitting and to detect unchanged slices.
        known: From a slice to the known identities in it.
        trusts_counts: Whether a count equal to the known number means that nothing changed.
        confirms: Whether the server counts rows, so that unconfirmed slices are read again.
        numbers: Whether a run may be listed several times, so that its rows are numbered.
        progress: Callback with the number of slices read and the number known to be needed.
    """

    def __init__(
        self,
        client: Client,
        read: Callable[[bytes], Listed[Row]],
        key: Callable[[Row], Key],
        *,
        cells: Cells,
        known: Callable[[Slice], set[Key]],
        trusts_counts: bool,
        confirms: bool = True,
        numbers: bool = False,
        progress: Callable[[int, int], object] = lambda *_: None,
    ) -> None:
        self._client, self._read, self._key = client, read, key
        self.cells, self._known, self._trusts = cells, known, trusts_counts
        self._confirms, self._numbers, self._progress = confirms, numbers, progress
        self._n_read, self._n_needed = 0, 1
        self.lacking: list[str] = []
        self.cap: int | None = None

    @property
    def page_rows(self) -> int:
        """Maximum rows in one answer; a guess until the server has reported its limit."""
        return self.cap or 1000

    def read(self, root: Slice, hints: Hints | None = None) -> list[Leaf[Row]]:
        """Return the leaves that together hold the slice.

        Args:
            root: The slice.
            hints: Known rows and runs; recent runs are then compared first, which often explains
                the count.
        """
        node = self._node(root, hints)
        if not self._confirms:
            return list(node.leaves())
        if node.leaf is not None and not node.leaf.is_confirmed:
            node = self._twice(node)
        self._confirm(node)
        return list(node.leaves())

    def rows_of(self, part: Slice, **filters: object) -> tuple[dict[Key, Row], Answer | None]:
        """Return the rows of one answer to a slice with further filters (run ids, limit ...)."""
        try:
            listed, answer = self._client.ask(part.path(**filters), self._checked(part))
        except UnknownError:
            return {}, None
        return self._keyed(listed.rows), answer

    def n_rows_at(self, part: Slice, limit: int, offset: int) -> int:
        """Return how many rows a page has, usable or not."""
        try:
            path = part.path(limit=limit, offset=offset)
            return self._client.ask(path, self._checked(part))[0].n
        except UnknownError:
            return 0

    def _keyed(self, rows: Sequence[Row]) -> dict[Key, Row]:
        """Return rows by key; a row with a key already taken gets the next free one."""
        found: dict[Key, Row] = {}
        for row in rows:
            key = self._key(row)
            while self._numbers and key in found:
                key = (key[0], key[1] + 1)
            found[key] = row
        return found

    def _checked(self, part: Slice) -> Callable[[bytes], Listed[Row]]:
        def read(body: bytes) -> Listed[Row]:
            listed = self._read(body)
            for row in listed.rows:
                if not part.holds(row.flow, row.task) or (
                    part.function and getattr(row, "function", part.function) != part.function
                ):
                    raise PageError("rows that were not requested")
            return listed

        return read

    def _whole(self, part: Slice) -> Leaf[Row] | int | None:
        """Return the slice read in one answer, or its count (None: refused without a count)."""
        try:
            listed, answer = self._client.ask(part.path(), self._checked(part))
        except UnknownError:
            return Leaf(part)
        except TooManyError as error:
            self.cap = error.cap or self.cap
            return error.count
        rows = self._keyed(listed.rows)
        return Leaf(part, rows, [answer.packed()], rejected=dict(listed.rejected))

    def _node(self, part: Slice, hints: Hints | None = None) -> Node[Row]:
        self._progress(self._n_read, self._n_needed)
        self._n_read += 1
        try:
            found = self._expected(part) or self._whole(part)
        except (UnansweredError, RefusedError) as error:
            return Node(part, leaf=Leaf(part, trouble=str(error)))
        if isinstance(found, Leaf):
            found.is_confirmed = self._equals_known(found)
            return Node(part, leaf=found)
        if self._trusts and found is not None and hints is not None:
            leaves = self._compared(part, found, hints)
            if leaves:
                return Node(part, found, parts=[Node(part, leaf=leaf) for leaf in leaves])
        elif self._trusts and found is not None and found == part.known(self.cells) > 0:
            return Node(part, found, Leaf(part, is_confirmed=True, is_unchanged=True))
        parts = part.split(found, self.cap, self.cells) if found and self.cap else []
        if parts:
            self._n_needed = max(self._n_needed, self._n_read) + len(parts)
            return Node(part, found, parts=[self._node(p) for p in parts])
        return Node(part, found, self._paged(part, found))

    def _expected(self, part: Slice) -> int | None:
        """Return the expected rows of a known slice that is too long for one answer."""
        expected = part.known(self.cells)
        is_known = not self._confirms and self.cap is not None and expected > self.cap
        return expected if is_known else None

    def _recent(self, part: Slice, hints: Hints, growth: int, count: int) -> Recent[Row] | None:
        def ask(runs: list[int]) -> tuple[dict[Key, Row], Answer | None] | None:
            try:
                return self.rows_of_runs(part, runs)
            except (RefusedError, UnansweredError):
                return None

        return look_at_recent(ask, hints, growth, cap=self.page_rows, count=count)

    def rows_of_runs(self, part: Slice, runs: list[int]) -> tuple[dict[Key, Row], Answer | None]:
        """Return the rows of a slice for some runs, requested by their ids.

        A run may have several rows; if one answer cannot hold all of them, the runs are requested
        in two halves.
        """
        requested = part if len(part.path()) < _MAX_SLICE else part.anywhere
        try:
            rows, answer = self.rows_of(requested, run=runs)
        except TooManyError:
            if len(runs) == 1:
                raise
            middle = len(runs) // 2
            first, answer = self.rows_of_runs(part, runs[:middle])
            second, other = self.rows_of_runs(part, runs[middle:])
            return first | second, other or answer
        return {k: row for k, row in rows.items() if part.holds(row.flow, row.task)}, answer

    def _compared(self, part: Slice, count: int, hints: Hints) -> list[Leaf[Row]]:
        """Return leaves of the slice if the recent runs explain the change of the count."""
        growth = count - part.known(self.cells)
        recent = self._recent(part, hints, growth, count)
        if recent is None:
            return []
        if any(recent.fresh) and growth < min(recent.fresh):
            self._trusts = False  # rows were added and removed, and no count shows where
        if recent.n_lost or (growth not in recent.fresh):
            return []
        old = Leaf[Row](part, is_confirmed=True, is_unchanged=True)
        fresh = Leaf(
            part, recent.rows, recent.pages, recent.origins,
            is_confirmed=True, is_addition=True, compared=recent.hints.recent,
        )  # fmt: skip
        return [old, fresh] if recent.rows else [old]

    def _equals_known(self, leaf: Leaf[Row]) -> bool:
        return bool(leaf.rows) and set(leaf.rows) == self._known(leaf.slice)

    def _paged(self, part: Slice, count: int | None) -> Leaf[Row]:
        cap = self.cap or 1000

        def page(limit: int, offset: int) -> tuple[Listed[Row], Answer] | None:
            def read(body: bytes) -> Listed[Row]:
                listed = self._checked(part)(body)
                if listed.n > limit:
                    raise PageError("a page longer than its limit")
                return listed

            try:
                return self._client.ask(part.path(limit=limit, offset=offset), read)
            except UnknownError:
                return None

        def recount() -> int | None:
            try:
                found = self._whole(part)
            except (UnansweredError, RefusedError):
                return None
            return found if not isinstance(found, Leaf) else len(found.rows)

        try:
            found = sweep_until_stable(
                page, self._key, recount, cap=cap, numbers=self._numbers,
                # An upper bound on the rows does not determine the end of a listing.
                count=count if self._confirms else None, most=None if self._confirms else 1,
            )  # fmt: skip
        except (UnansweredError, RefusedError) as error:
            return Leaf(part, trouble=str(error))
        return Leaf(
            part, found.rows, found.pages, found.origins, found.rejected,
            is_confirmed=found.is_stable,
        )  # fmt: skip

    def _twice(self, node: Node[Row]) -> Node[Row]:
        """Request an unconfirmed slice again until two answers are equal.

        An answer that lacks rows of another one (cut short, or rows deleted meanwhile) is accepted
        only after three equal answers.
        """
        seen = [node]
        # A failed query looks like an empty result, so an empty one needs one more request.
        for _ in range(_MAX_READS - 1):
            again = self._node(node.slice)
            if again.leaf is not None and again.leaf.trouble:
                break  # rows seen outweigh an empty answer
            if again.leaf is None or again.leaf.is_confirmed:
                return again
            rows = again.leaf.rows.keys()
            others = [other.leaf.rows.keys() for other in seen if other.leaf is not None]
            is_whole = bool(rows) and all(rows >= other for other in others)
            if sum(rows == other for other in others) >= (1 if is_whole else 2):
                again.leaf.is_confirmed = True
                return again
            seen.append(again)
        return max(seen, key=lambda one: len(one.leaf.rows) if one.leaf else 0)

    def _confirm(self, node: Node[Row]) -> None:
        if not node.parts or self._settles(node):
            return
        for part in node.parts:
            self._confirm(part)
        doubtful = [part for part in node.parts if part.leaf and not part.leaf.is_confirmed]
        for position, part in enumerate(sorted(doubtful, key=_size)):
            if part.leaf is None or part.leaf.trouble:
                continue
            fresh = self._twice(part)
            part.leaf, part.parts, part.count = fresh.leaf, fresh.parts, fresh.count
            if part.parts:
                self._confirm(part)
            if position == 0:
                self._recount(node)
            if self._settles(node):
                return
        self._look_for_more(node, [part for part in doubtful if part.leaf])

    def _look_for_more(self, node: Node[Row], parts: list[Node[Row]]) -> None:
        """Request parts again while they hold fewer rows than the server counts.

        Ends when they add up, or when a whole round over all parts has found no further row.
        """
        has_found = True
        while has_found:
            has_found = False
            for part in sorted(parts, key=_size):
                if self._settles(node) or not self._lacks(node) or part.leaf is None:
                    return
                again = self._node(part.slice)
                if again.leaf and again.leaf.rows.keys() > part.leaf.rows.keys():
                    again.leaf.is_confirmed = True  # equal answers were cut at the same place
                    part.leaf = again.leaf
                    has_found = True
            self._recount(node)
        has_trouble = any(leaf.trouble for leaf in node.leaves())  # which is named by itself
        if not has_trouble and not self._settles(node) and self._lacks(node):
            more = (node.count or 0) - max(self._sums(node))
            self.lacking.append(
                f"the server counts {more:,} more than it lists, perhaps since the list moves "
                f"while it is read: {node.slice.path()[:120]}; the next harvest lists it again"
            )

    def _settles(self, node: Node[Row]) -> bool:
        """Confirm all leaves and return True if the parts add up to the count."""
        if not self._adds_up(node):
            return False
        for leaf in node.leaves():
            leaf.is_confirmed = leaf.is_confirmed or not leaf.trouble
        return True

    def _recount(self, node: Node[Row]) -> None:
        try:
            found = self._whole(node.slice)
        except (UnansweredError, RefusedError):
            return
        if not isinstance(found, Leaf) and found is not None:
            node.count = found

    def _adds_up(self, node: Node[Row]) -> bool:
        has_trouble = any(leaf.trouble for leaf in node.leaves())
        return not has_trouble and node.count is not None and node.count in self._sums(node)

    def _lacks(self, node: Node[Row]) -> bool:
        return node.count is not None and node.count > max(self._sums(node))

    def _sums(self, node: Node[Row]) -> tuple[int, int]:
        n_rows = n_runs = 0
        for leaf in node.leaves():
            rows, runs = leaf.counts
            if leaf.is_unchanged:
                rows = runs = leaf.slice.known(self.cells)
            n_rows, n_runs = n_rows + rows, n_runs + runs
        return n_rows, n_runs


def _size(node: Node[Row]) -> int:
    return len(node.leaf.rows) if node.leaf else 0
