"""Slices: the product of flows and tasks for one measure, requested as one listing.

A slice that fits into one answer needs no paging. A longer one is counted by the server in the
same answer, and split so that its parts fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from metalearn.harvesters.openml.addresses import MAX_LENGTH, address

__all__ = ["Slice", "partition"]

_FULL = 0.85  # share of an answer to fill, since sizes are estimates
Cells = Mapping[tuple[int, int], int]  # (flow, task) -> known rows


@dataclass(frozen=True, slots=True)
class Slice:
    """Filters of one listing.

    Attributes:
        endpoint: `evaluation/list` or `run/list`.
        function: The measure; None for runs.
        flows: Flow ids; None for any.
        tasks: Task ids; None for any.
    """

    endpoint: str
    function: str | None
    flows: tuple[int, ...] | None
    tasks: tuple[int, ...] | None

    def path(self, **more: object) -> str:
        """Return the address of the listing; `more` are further filters or limit and offset."""
        filters: dict[str, object] = {"function": self.function}
        filters |= {"flow": self.flows, "task": self.tasks}
        if self.function is None:  # includes runs whose evaluation failed, which the server counts
            filters["show_errors"] = "true"
        return address(self.endpoint, **filters, **more)

    @property
    def anywhere(self) -> Slice:
        """The slice of the same measure for all flows and tasks."""
        return Slice(self.endpoint, self.function, None, None)

    def holds(self, flow: int, task: int) -> bool:
        """Return whether a row of that flow and task belongs to the slice."""
        return (self.flows is None or flow in self.flows) and (
            self.tasks is None or task in self.tasks
        )

    def known(self, cells: Cells) -> int:
        """Return how many rows are known in the slice."""
        return sum(n for (flow, task), n in cells.items() if self.holds(flow, task))

    def split(self, count: int, cap: int, cells: Cells) -> list[Slice]:
        """Return parts that should fit into `cap` rows each; empty if it cannot be split.

        Args:
            count: Rows in the slice, as the server counted them.
            cap: Maximum rows in one answer.
            cells: Known rows; unknown ones are assumed to be spread evenly.
        """
        by_flow = self._parts("flows", count, cap, cells)
        by_task = self._parts("tasks", count, cap, cells)
        plans = [parts for parts in (by_task, by_flow) if parts]
        # The order of the axes determines how well the parts fill their answers.
        return min(plans, key=lambda parts: self._price(parts, count, cap, cells), default=[])

    def _price(self, parts: Sequence[Slice], count: int, cap: int, cells: Cells) -> float:
        """Return the estimated number of requests for the parts, further splits included."""
        rest = max(0.0, count - self.known(cells)) / self._n_cells
        total = 0.0
        for part in parts:
            rows = part.known(cells) + rest * part._n_cells
            total += 1.0
            if rows > cap:
                axes = (part._parts(axis, int(rows), cap, cells) for axis in ("tasks", "flows"))
                smaller = [len(found) for found in axes if found]
                total += min(smaller, default=2.0 * rows / cap)  # paged, and counted once more
        return total

    @property
    def _n_cells(self) -> int:
        return len(self.flows or (0,)) * len(self.tasks or (0,))

    def _parts(self, axis: str, count: int, cap: int, cells: Cells) -> list[Slice]:
        ids, position = (self.flows, 0) if axis == "flows" else (self.tasks, 1)
        if not ids or len(ids) < 2:
            return []
        weights = self._weights(ids, position, count, cells)
        parts = partition(weights, _FULL * cap)
        if axis == "flows":
            return [replace(self, flows=part) for part in parts]
        return [replace(self, tasks=part) for part in parts]

    def _weights(
        self, ids: Sequence[int], position: int, count: int, cells: Cells
    ) -> dict[int, float]:
        weights = dict.fromkeys(ids, 0.0)
        for cell, n in cells.items():
            if self.holds(*cell):
                weights[cell[position]] += n
        rest = max(0.0, count - sum(weights.values()))
        share = 1.2 * rest / len(weights)  # an even spread is an assumption: leave a margin
        return {item: weight + share for item, weight in weights.items()}


def partition(weights: Mapping[int, float], most: float) -> Iterable[tuple[int, ...]]:
    """Yield groups of ids, in order, of at most `most` weight and an acceptable address length.

    Two or more ids result in at least two groups.
    """
    total = sum(weights.values())
    if not total:  # no weights are known
        weights, total = dict.fromkeys(weights, 1.0), float(len(weights))
    most = min(most, 0.7 * total) if len(weights) > 1 else most
    group: list[int] = []
    weight, length = 0.0, 0
    for item, w in weights.items():
        size = len(str(item)) + 1
        if group and (weight + w > most or length + size > MAX_LENGTH // 2):
            yield tuple(group)
            group, weight, length = [], 0.0, 0
        group.append(item)
        weight += w
        length += size
    if group:
        yield tuple(group)
