"""Enumeration of the grammar of symbolic defaults: formulas over symbols of a task.

Terminals are the symbols (rows, columns, classes, ...) and 1; they have depth 1. `sqrt` and `log`
take one formula, `+`, `*` and `/` take two. A default is a constant times a formula, so of
formulas that differ by a constant factor only the simplest is kept. Formulas must be positive on
every task. The grammar is that of van Rijn et al., "Meta learning for defaults: symbolic defaults"
(2018), who search it by evolution; here it is enumerated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats, frozen_array

__all__ = ["Formula", "all_formulas"]

_DIGITS = 9


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """One formula, evaluated on all tasks.

    Attributes:
        text: Python expression, such as `sqrt(n) / p`.
        values: `(n_tasks,)` positive, finite.
        depth: 1 = a symbol or the constant.
        size: Number of symbols and operations.
    """

    text: str
    values: Floats
    depth: int
    size: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", frozen_array("values", self.values, (None,)))

    def times(self, factor: float) -> str:
        """Return the text of a constant times this formula."""
        if self.text == "1":
            return f"{factor:g}"
        if self.text.startswith("1 / "):
            return f"{factor:g} / {self.text[4:]}"
        return (
            f"{factor:g} * {_inner(self)}" if " + " in self.text else f"{factor:g} * {self.text}"
        )


def all_formulas(
    symbols: Mapping[str, Floats], max_depth: int = 3, *, n_tasks: int | None = None
) -> tuple[Formula, ...]:
    """Return every formula up to a depth, simplest first; the constant is the first.

    Args:
        symbols: Name -> `(n_tasks,)` positive, finite values.
        max_depth: At most 3, because the number of formulas grows very fast.
        n_tasks: Number of tasks; needed only without a symbol.
    """
    if n_tasks is None:
        n_tasks = len(next(iter(symbols.values())))
    known = {name: np.asarray(values, dtype=np.float64) for name, values in symbols.items()}
    found = [Formula("1", np.ones(n_tasks), 1, 1)]
    found += [Formula(name, values, 1, 1) for name, values in known.items() if (values > 0).all()]
    for depth in range(2, max_depth + 1):
        found += list(_combined(found, depth))
        found = _distinct(found, scaled=depth == max_depth)
    return tuple(_distinct(found, scaled=True))


def _combined(parts: Sequence[Formula], depth: int) -> Iterator[Formula]:
    """Yield the formulas of exactly this depth, positive and finite on every task."""
    for one in parts:
        if one.depth == depth - 1:
            yield from _kept(f"sqrt({one.text})", np.sqrt(one.values), depth, one.size + 1)
            yield from _kept(f"log({one.text})", np.log(one.values), depth, one.size + 1)
    for place, one in enumerate(parts):
        for other_place, other in enumerate(parts):
            if depth - 1 not in (one.depth, other.depth):
                continue
            size = one.size + other.size + 1
            left, right = _inner(one), _inner(other)
            if other_place >= place:
                yield from _kept(f"{left} + {right}", one.values + other.values, depth, size)
                yield from _kept(f"{left} * {right}", one.values * other.values, depth, size)
            yield from _kept(f"{left} / {right}", one.values / other.values, depth, size)


def _kept(text: str, values: Floats, depth: int, size: int) -> Iterator[Formula]:
    if np.isfinite(values).all() and (values > 0.0).all():
        yield Formula(text, values, depth, size)


def _inner(formula: Formula) -> str:
    """Return the text as a part of another formula."""
    is_sum = any(f" {sign} " in formula.text for sign in "+*/")
    is_call = formula.text.startswith(("sqrt(", "log(")) and formula.text.find(")") == (
        len(formula.text) - 1
    )
    return f"({formula.text})" if is_sum and not is_call else formula.text


def _distinct(formulas: Sequence[Formula], *, scaled: bool) -> list[Formula]:
    """Return the simplest of equal formulas; if `scaled`, up to a constant factor."""
    kept: dict[bytes, Formula] = {}
    for formula in sorted(formulas, key=lambda f: (f.depth, f.size)):
        shape = np.log(formula.values)
        if scaled:
            shape = shape - shape.mean()
        kept.setdefault((np.round(shape, _DIGITS) + 0.0).tobytes(), formula)
    return list(kept.values())
