"""Brackets of successive halving: each full rung promotes its best configurations to the next.

Successive halving, Hyperband and BOHB share this code. They differ in the order of brackets and in
how new configurations are drawn. While a rung waits for pending trials the next bracket opens, so
that any number of trials can run at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from metalearn.core.configuration import Configuration
from metalearn.errors import SpaceExhaustedError
from metalearn.numerics.search.halving import Rungs, bracket

__all__ = ["Bracket", "Brackets"]


@dataclass
class Bracket:
    """An open bracket; its values are plain, so that it can be saved.

    Attributes:
        rungs: (size, fidelity) of the current and the following rungs; sizes shrink where there
            are not enough candidates.
        promoted: Configurations that were promoted to the current rung and not proposed yet.
        n_asked: Trials proposed in the current rung.
        finished: Finished configurations of the current rung with their losses (NaN = failed).
        is_first: Whether this is the first rung, which takes new configurations.
    """

    rungs: Rungs
    promoted: list[Configuration] = field(default_factory=list)
    n_asked: int = 0
    finished: list[tuple[Configuration, float]] = field(default_factory=list)
    is_first: bool = True

    @property
    def fidelity(self) -> float:
        """Fidelity of the current rung."""
        return self.rungs[0][1]

    @property
    def is_done(self) -> bool:
        """Whether all rungs are finished."""
        return not self.rungs

    @property
    def takes_new(self) -> bool:
        """Whether the current rung has room for a new configuration."""
        return bool(self.rungs) and self.is_first and self.n_asked < self.rungs[0][0]

    def close(self) -> None:
        """Reduce the current rung to its trials so far: there are no more new configurations."""
        if self.n_asked:
            self.rungs[0] = (self.n_asked, self.fidelity)
            self._promote_when_full()
        else:
            self.rungs.pop(0)

    def next_promoted(self) -> Configuration | None:
        """Return the next promoted configuration to propose; None if there is none."""
        if not self.promoted:
            return None
        self.n_asked += 1
        return self.promoted.pop(0)

    def tell(self, configuration: Configuration, loss: float) -> None:
        """Record the loss of a trial of the current rung."""
        self.finished.append((configuration, loss))
        self._promote_when_full()

    def plain(self) -> list[Any]:  # values of several types, as `from_plain` takes them
        """Return the state as a list."""
        return [self.rungs, self.promoted, self.n_asked, self.finished, self.is_first]

    @classmethod
    def from_plain(cls, values: list[Any]) -> Bracket:
        """Return the bracket from the values of `plain`; pairs may have become lists."""
        rungs, promoted, n_asked, finished, is_first = values
        pairs = [(configuration, loss) for configuration, loss in finished]
        return cls([(n, f) for n, f in rungs], list(promoted), n_asked, pairs, is_first)

    def _promote_when_full(self) -> None:
        if len(self.finished) < self.rungs[0][0]:
            return
        alive = sorted(
            (loss, i) for i, (_, loss) in enumerate(self.finished) if math.isfinite(loss)
        )
        ranked = [self.finished[i][0] for _, i in alive]
        self.rungs.pop(0)
        self.n_asked, self.finished, self.is_first = 0, [], False
        if self.rungs and ranked:
            n = min(self.rungs[0][0], len(ranked))
            self.rungs[0] = (n, self.fidelity)
            self.promoted = ranked[:n]
        else:
            self.rungs = []


class Brackets:
    """The open brackets, and the order in which further ones open.

    Args:
        cycle: Indices s of the brackets to open, repeated without end.
        s_max: The largest index.
        eta: Factor between the fidelities of rungs.
        b_max: Fidelity of the last rung.
    """

    def __init__(self, cycle: Sequence[int], s_max: int, eta: float, b_max: float) -> None:
        self.cycle = tuple(cycle)
        self.s_max, self.eta, self.b_max = s_max, eta, b_max
        self._n_opened = 0
        self._open: dict[int, Bracket] = {}
        self._where: dict[int, int] = {}

    def ask(
        self,
        number: int,
        new: Callable[[float], Configuration],
        known: Callable[[Configuration, float], float | None],
    ) -> tuple[Configuration, float]:
        """Return the configuration and the fidelity of trial `number`.

        Args:
            number: Number of the new trial.
            new: Returns a new configuration for a fidelity.
            known: Returns the loss of a configuration at a fidelity; NaN if it is pending or
                failed, None if there is no such trial.

        Raises:
            SpaceExhaustedError: If `new` raised it and no bracket has a promotion.
        """
        last: SpaceExhaustedError | None = None
        for name in [*self._open, *range(self._n_opened, self._n_opened + len(self.cycle))]:
            if name == self._n_opened:
                s = self.cycle[name % len(self.cycle)]
                self._open[name] = Bracket(bracket(s, self.s_max, self.eta, self.b_max))
                self._n_opened += 1
            one = self._open[name]
            chosen = _promoted(one, known)
            while chosen is None and one.takes_new:
                try:
                    chosen = new(one.fidelity)
                    one.n_asked += 1
                except SpaceExhaustedError as error:
                    last = error
                    one.close()
            if chosen is not None:
                self._where[number] = name
                return chosen, one.fidelity
            if one.is_done:
                del self._open[name]
        raise last or SpaceExhaustedError("brackets", number)

    def tell(self, number: int | None, configuration: Configuration, loss: float) -> None:
        """Record the loss (NaN = failed) of a trial; trials of no bracket are ignored."""
        name = None if number is None else self._where.pop(number, None)
        if name is None:
            return
        self._open[name].tell(configuration, loss)
        if self._open[name].is_done:
            del self._open[name]

    def plain(self) -> list[Any]:  # see Bracket.plain
        """Return the state as plain values."""
        open_ones = {name: one.plain() for name, one in self._open.items()}
        return [self._n_opened, open_ones, self._where]

    def set_plain(self, values: list[Any]) -> None:
        """Set the state that `plain` returned."""
        self._n_opened, open_ones, self._where = values
        self._open = {name: Bracket.from_plain(one) for name, one in open_ones.items()}


def _promoted(
    one: Bracket, known: Callable[[Configuration, float], float | None]
) -> Configuration | None:
    """Return the next promoted configuration without a known loss; known losses are recorded."""
    while (chosen := one.next_promoted()) is not None:
        loss = known(chosen, one.fidelity)
        if loss is None:
            return chosen
        one.tell(chosen, loss)
    return None
