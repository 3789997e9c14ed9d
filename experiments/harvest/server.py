"""The server of the tests with look-up tables, so that its own searching does not count."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.harvesters.openml.loopback import Loopback

__all__ = ["FrozenLoopback"]


class FrozenLoopback(Loopback):
    """Serves a world that does not change while it is served."""

    @cache  # noqa: B019  # one server lives as long as its process
    def _values_by_run(self, function: str | None) -> dict[int, list[tuple[str, int, str | None]]]:
        return super()._values_by_run(function)

    @cache  # noqa: B019
    def _task_runs(self) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        for run in self.world.runs.values():
            found.setdefault(run.task, []).append(run)
        return found

    def _matching(self, filters: dict[str, str]) -> list[Any]:
        if set(filters) - {"task", "flow", "limit", "offset", "function"}:
            return super()._matching(filters)
        tasks = [int(i) for i in filters["task"].split(",")]
        flows = {int(i) for i in filters["flow"].split(",")}
        return [run for t in tasks for run in self._task_runs()[t] if run.flow in flows]
