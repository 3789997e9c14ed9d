"""From what a user gives as `preset=` to a strategy that can run."""

from __future__ import annotations

from typing import Any

from metalearn import optimizers
from metalearn.automl.strategy import Optimized, Strategy
from metalearn.catalogue import catalogue_of
from metalearn.errors import UnknownNameError, UsageError

__all__ = ["strategy_of"]


def strategy_of(preset: Any) -> Strategy:
    """Return the strategy of a name, or the strategy itself.

    Args:
        preset: What the user gave.

    Raises:
        UsageError: If it is neither the name of a preset nor a strategy, or cannot run.
        UnknownNameError: If there is no such optimizer as its search.
    """
    catalogue = catalogue_of("preset")
    if not isinstance(preset, str | Strategy):
        raise UsageError(
            "preset: expected a name (metalearn systems lists them) or a "
            f"metalearn.automl.Strategy, got {type(preset).__name__}"
        )
    try:
        strategy: Strategy = catalogue.get(preset) if isinstance(preset, str) else preset
    except UnknownNameError as error:
        raise UsageError(f"{error} (metalearn systems lists them)") from error
    if strategy.needs:
        running = ", ".join(n for n in catalogue.names() if not catalogue.get(n).needs)
        raise UsageError(
            f"preset {strategy.name!r} is not available: it needs {strategy.needs}, "
            f"which is not built yet; choose among {running}"
        )
    if isinstance(strategy.search, Optimized):
        _check_search(strategy.name, strategy.search)
    return strategy


def _check_search(name: str, search: Optimized) -> None:
    optimizer = optimizers.get(search.optimizer)
    if search.besides and not getattr(optimizer, "several_objectives", False):
        able = (n for n in optimizers.CATALOGUE.names()
                if getattr(optimizers.get(n), "several_objectives", False))  # fmt: skip
        raise UsageError(
            f"strategy {name!r}: {search.optimizer!r} takes the loss alone, not "
            f"{', '.join(search.besides)} besides; choose among {', '.join(able)}"
        )
