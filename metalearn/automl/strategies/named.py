"""From what a user gives as `preset=` to a strategy that can run."""

from __future__ import annotations

from typing import Any

from metalearn.automl.strategy import Strategy
from metalearn.catalogue import catalogue_of
from metalearn.errors import UnknownNameError, UsageError

__all__ = ["strategy_of"]


def strategy_of(preset: Any) -> Strategy:
    """Return the strategy of a name, or the strategy itself.

    Args:
        preset: What the user gave.

    Raises:
        UsageError: If it is neither the name of a preset nor a strategy, or cannot run.
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
            f"preset {strategy.name!r} is not available: it needs the extra "
            f"{strategy.needs!r}, which does not exist yet; choose among {running}"
        )
    return strategy
