"""From what a user gives as `preset=` to a strategy that can run."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from metalearn import optimizers
from metalearn.automl.strategy import Optimized, Strategy
from metalearn.catalogue import catalogue_of
from metalearn.errors import UnknownNameError, UsageError

__all__ = ["strategy_of"]


def strategy_of(preset: Any) -> Strategy:
    """Return the strategy of a name, of a Python file, or the strategy itself.

    Args:
        preset: What the user gave; a text that ends in `.py` is a file, which is executed.

    Raises:
        UsageError: If it is neither the name of a preset nor a strategy, the file defines none, or
            the strategy cannot run.
        UnknownNameError: If there is no such optimizer as its search.
    """
    catalogue = catalogue_of("preset")
    if not isinstance(preset, str | Strategy):
        raise UsageError(
            "preset: expected a name (metalearn systems lists them), a file such as mine.py, or a "
            f"metalearn.automl.Strategy, got {type(preset).__name__}"
        )
    if isinstance(preset, Strategy):
        strategy = preset
    elif preset.endswith(".py"):
        strategy = _of_file(Path(preset))
    else:
        try:
            strategy = catalogue.get(preset)
        except UnknownNameError as error:
            raise UsageError(
                f"{error} (metalearn systems lists them; a file of your own ends in .py)"
            ) from error
    if strategy.needs:
        running = ", ".join(n for n in catalogue.names() if not catalogue.get(n).needs)
        raise UsageError(
            f"preset {strategy.name!r} is not available: it needs {strategy.needs}, "
            f"which is not built yet; choose among {running}"
        )
    if isinstance(strategy.search, Optimized):
        _check_search(strategy.name, strategy.search)
    return strategy


def _of_file(path: Path) -> Strategy:
    """Return `STRATEGY` of a Python file, as the files beside this one define it."""
    try:
        found = runpy.run_path(str(path)).get("STRATEGY")
    except Exception as error:
        raise UsageError(
            f"preset {str(path)!r} cannot be read: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(found, Strategy):
        raise UsageError(
            f"preset {str(path)!r}: expected STRATEGY = metalearn.automl.Strategy(...) in the "
            f"file, got {'no STRATEGY' if found is None else type(found).__name__}"
        )
    return found


def _check_search(name: str, search: Optimized) -> None:
    optimizer = optimizers.get(search.optimizer)
    if search.besides and not getattr(optimizer, "several_objectives", False):
        able = (n for n in optimizers.CATALOGUE.names()
                if getattr(optimizers.get(n), "several_objectives", False))  # fmt: skip
        raise UsageError(
            f"strategy {name!r}: {search.optimizer!r} takes the loss alone, not "
            f"{', '.join(search.besides)} besides; choose among {', '.join(able)}"
        )
