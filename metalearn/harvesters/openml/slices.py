"""Slices: the product of flows and tasks for one measure, asked for in one listing.

A slice that fits into one answer needs no paging; a slice that does not is counted by the server
for free, and split so that its parts fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from metalearn.harvesters.openml.addresses import MAX_LENGTH, address

__all__ = ["Slice", "partition"]

Cells = Mapping[tuple[int, int], int]  # (flow, task) -> known rows


@dataclass(frozen=True, slots=True)
class Slice:
    """What one listing is asked for.

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
        filters = {"function": self.function, "flow": self.flows, "task": self.tasks}
        return address(self.endpoint, **filters, **more)

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
            cap: Most rows in one answer.
            cells: Known rows; what is not known is assumed to be spread evenly.
        """
        by_flow, by_task = len(self.flows or ()), len(self.tasks or ())
        if max(by_flow, by_task) < 2:
            return []
        wanted = count / (0.7 * cap)
        if by_task >= wanted or by_task >= by_flow:
            weights = self._weights(self.tasks or (), 1, count, cells)
            return [replace(self, tasks=part) for part in partition(weights, 0.85 * cap)]
        weights = self._weights(self.flows or (), 0, count, cells)
        return [replace(self, flows=part) for part in partition(weights, 0.85 * cap)]

    def _weights(
        self, ids: Sequence[int], position: int, count: int, cells: Cells
    ) -> dict[int, float]:
        weights = dict.fromkeys(ids, 0.0)
        for cell, n in cells.items():
            if self.holds(*cell):
                weights[cell[position]] += n
        rest = max(0.0, count - sum(weights.values()))
        share = 1.2 * rest / len(weights)  # evenly spread is a guess: leave room
        return {item: weight + share for item, weight in weights.items()}


def partition(weights: Mapping[int, float], most: float) -> Iterable[tuple[int, ...]]:
    """Yield groups of ids, in order, of at most `most` weight and an acceptable address length.

    At least two groups come out of two or more ids.
    """
    total = sum(weights.values())
    most = min(most, max(0.6 * total, 1e-9)) if len(weights) > 1 else most
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
