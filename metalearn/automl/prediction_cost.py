"""Members that slow predictions down and hardly improve them are left out of an ensemble.

Greedy selection does not know what predictions cost: a support vector machine of weight .03 may
take as long as all others together. If 10,000 rows take longer than a second, members go, the
smallest weight per second first, as long as most of the weights stay and the loss on held-out
rows, with weights chosen anew, hardly rises. `infer_limit` replaces this rule by a strict one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from metalearn.automl.predictor import Member

__all__ = ["seconds_per_row", "without_slow_ones"]

_USUAL_S = 7e-5
"""Seconds per row of a sample from which slow members go: about a second for 10,000 rows, since
large tables take longer per row."""
_MOST_WEIGHT = 0.4
"""Share of the weights that may go."""
_HARMLESS = 0.005
"""Share of the held-out loss by which it may rise."""
_SAMPLE = 400


def seconds_per_row(
    members: Mapping[int, Member],
    X: pd.DataFrame,
    classes: Any,
    clock: Callable[[], float] = time.process_time,
) -> dict[int, float]:
    """Return the seconds that each member takes for a row besides those of a call, as measured.

    Args:
        members: The members, by any key.
        X: Rows as they came; a sample of them, repeated where they are few, is predicted.
        classes: All classes, sorted; None for regression.
        clock: Seconds.
    """
    rows = X.iloc[[i % len(X) for i in range(_SAMPLE)]].reset_index(drop=True)
    prepared_all: dict[int, Any] = {}
    prepared_one: dict[int, Any] = {}
    found = {}
    for key, member in members.items():
        started = clock()
        member.predictions(rows.head(1), classes, prepared_one)
        called = clock()
        member.predictions(rows, classes, prepared_all)
        found[key] = max(clock() - called - (called - started), 0.0) / (_SAMPLE - 1)
    return found


def without_slow_ones(
    weights: Mapping[int, float],
    row_s: Mapping[int, float],
    loss_of: Callable[[Sequence[int]], float],
) -> list[int]:
    """Return the members to keep, in the order of `weights`.

    Args:
        weights: Weights of the members, positive.
        row_s: Seconds per row of each.
        loss_of: Returns the held-out loss of some members with the best weights for them.
    """
    kept, left_s = list(weights), sum(row_s[key] for key in weights)
    if left_s <= _USUAL_S:
        return kept
    most_loss = (loss := loss_of(kept)) + _HARMLESS * abs(loss)
    spare = _MOST_WEIGHT * sum(weights.values())
    for key in sorted(weights, key=lambda key: weights[key] / max(row_s[key], 1e-12)):
        if left_s <= _USUAL_S or len(kept) == 1:
            break
        others = [other for other in kept if other != key]
        if weights[key] <= spare and loss_of(others) <= most_loss:
            kept = others
            spare -= weights[key]
            left_s -= row_s[key]
    return kept
