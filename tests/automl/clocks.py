"""A clock that advances by a step whenever it is read: budgets in readings, not in seconds."""

from __future__ import annotations


class SteppingClock:
    def __init__(self, step: float = 0.02) -> None:
        self.now, self.step = 0.0, step

    def __call__(self) -> float:
        self.now += self.step
        return self.now
