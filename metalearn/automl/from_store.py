"""What a fit learns from the store: the best of earlier fits, a quick list, then the advice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from metalearn.automl.advice import Advice, advice_for
from metalearn.automl.earlier_fits import Remembered, best_of_earlier_fits
from metalearn.automl.quick_list import quick_list
from metalearn.automl.remembering import Remembering, known_store
from metalearn.automl.settings import Settings
from metalearn.core.configuration import Configuration
from metalearn.errors import MetalearnError
from metalearn.learners.tables import Table

__all__ = ["Found", "found_in_store"]


@dataclass(frozen=True, slots=True)
class Found:
    """What is known so far.

    Attributes:
        remembered: The best configurations of earlier fits.
        quick: Configurations to begin with, in order, and expected seconds of one fit on all rows.
        advice: The ranking of the recommender; None if it is not there yet, or cannot be had.
        note: Why it cannot be had; else "".
    """

    remembered: tuple[Remembered, ...]
    quick: Mapping[Configuration, float] = field(default_factory=dict)
    advice: Advice | None = None
    note: str = ""


def found_in_store(
    kb: Any, table: Table, metric: str, settings: Settings, memory: Remembering
) -> Iterator[Found]:
    """Yield the best of earlier fits, with a quick list, and with the advice or why there is none.

    Args:
        kb: A store, its path, or None for the default.
        table: The table.
        metric: A metric of the store.
        settings: The user's settings.
        memory: Where evaluations go; what waits there is merged before the store is ranked.

    Raises:
        StoreError: If the store cannot be read.
    """
    from metalearn.store import opened_store

    own = memory.sink.kb
    if own is not None and not own.exists():
        kb = known_store()
    with opened_store(kb) as store:
        remembered = best_of_earlier_fits(
            table, metric, store=store, journal=memory.journal, exclude=settings.exclude
        )
    yield Found(remembered)
    memory.take_in_what_waits(settings.time_budget_s)
    try:
        with opened_store(kb) as store:
            quick = quick_list(
                store,
                table,
                metric,
                algorithms=settings.algorithms,
                exclude=settings.exclude,
            )
            yield Found(remembered, quick)
            advice = advice_for(
                table,
                metric,
                kb=store,
                algorithms=settings.algorithms,
                exclude=settings.exclude,
                feature_budget_s=min(10.0, 0.05 * settings.time_budget_s),
                seed=settings.seed,
                recommender=settings.strategy.memory,
            )
    except MetalearnError as error:
        yield Found(remembered, note=f"the memory gives no advice: {error}")
    else:
        yield Found(remembered, quick, advice)
