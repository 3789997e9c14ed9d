"""The progress of a fit as one line on standard error, on terminals and in notebooks."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

from metalearn.automl.library import Library

__all__ = ["line_of", "progress_for"]

_WIDTH = 24
Progress = Callable[[float, float, Library], None]


def progress_for(verbose: int | None) -> Progress | None:
    """Return what draws the line; None for no line.

    Args:
        verbose: 0 for none, more for a line in any case, None for one on terminals and notebooks.
    """
    if verbose is None:
        is_seen = sys.stderr is not None and (sys.stderr.isatty() or _in_notebook())
    else:
        is_seen = verbose > 0
    if not is_seen:
        return None

    def draw(gone_s: float, budget_s: float, library: Library) -> None:
        sys.stderr.write("\r" + line_of(gone_s, budget_s, library))
        sys.stderr.flush()

    return draw


def line_of(gone_s: float, budget_s: float, library: Library) -> str:
    """Return the line: a bar, seconds, trials and the best score so far."""
    share = min(max(gone_s / budget_s, 0.0), 1.0)
    bar = "#" * round(_WIDTH * share) + "." * (_WIDTH - round(_WIDTH * share))
    best = library.best
    score = library.objective.score(best.loss) if best is not None else math.nan
    shown = f"best {library.objective.name} {score:.4g}" if best is not None else "nothing yet"
    return f"[{bar}] {gone_s:.0f}/{budget_s:.0f} s  {len(library.finished)} trials  {shown}   "


def _in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__name__ == "ZMQInteractiveShell"
