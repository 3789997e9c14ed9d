"""The advice of the store, computed beside the first trials; given up when it takes too long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from metalearn.automl.advice import Advice
from metalearn.automl.bounded import Computation
from metalearn.automl.earlier_fits import Remembered
from metalearn.automl.from_store import Found
from metalearn.core.configuration import Configuration
from metalearn.errors import MetalearnError

__all__ = ["Advising"]

_WAIT_SHARE, _GIVE_UP_SHARE = 0.4, 0.65
"""Shares of the budget after which idle workers no longer wait, and the advice is given up."""
_STARVED = 3.0


class Advising:
    """Advice under way.

    Args:
        start: Starts computing it; None if the store is not read.
        budget_s: Seconds that the fit has, from `started` on.
        started: When the fit began, on the clock.
        clock: Seconds.
        is_needed: Whether idle workers wait for it until it is given up.

    Attributes:
        is_pending: Whether it may still come.
        remembered: The best of earlier fits, once they are known.
        quick: Configurations to begin with, and their expected seconds, once they are known.
        note: Why there is no advice; "" if there is, or may be.
        is_late: Whether it was given up since it took too long.
    """

    def __init__(
        self,
        start: Callable[[], Computation[Found]] | None,
        budget_s: float,
        started: float,
        clock: Callable[[], float],
        *,
        is_needed: bool = False,
    ) -> None:
        self._computation, self._clock = None if start is None else start(), clock
        self._end = started + _GIVE_UP_SHARE * budget_s
        self._idle_until = self._end if is_needed else started + _WAIT_SHARE * budget_s
        self.is_pending, self.note, self.is_late = start is not None, "", False
        self.remembered: tuple[Remembered, ...] = ()
        self.quick: Mapping[Configuration, float] = {}

    @property
    def keeps_waiting(self) -> bool:
        """Whether an idle worker had better wait for it."""
        return self.is_pending and self._clock() < self._idle_until

    @property
    def is_starved(self) -> bool:
        """Whether the processors are so busy that nothing should run beside it."""
        if self._computation is None or not self.is_pending:
            return False
        return self._computation.slowness > _STARVED

    @property
    def pipes(self) -> list[Any]:
        """The connections that become readable when it is there."""
        pipe = None if self._computation is None else self._computation.pipe
        return [] if pipe is None else [pipe]

    def take(self) -> Advice | None:
        """Return the advice once, when it is there."""
        if self._computation is None or not self.is_pending:
            return None
        is_over = self._computation.poll() or self._clock() >= self._end
        try:
            found = self._computation.answer()
        except MetalearnError as error:
            found = Found((), note=f"the memory gives no advice: {error}")
        if found is not None:
            self.remembered, self.quick = found.remembered, found.quick
        if not is_over:
            return None
        self.close()
        advice = None if found is None else found.advice
        if advice is None:
            self.note = "" if found is None else found.note
            self.is_late = not self.note
        if self.is_late:
            self.note = "the memory gives no advice: it took too long for the time budget"
        return advice

    def close(self) -> None:
        """Give it up, or end its process."""
        self.is_pending = False
        if self._computation is not None:
            self._computation.close()
