"""How a fit estimates scores, as the store keeps it with a task."""

from __future__ import annotations

import json

from metalearn.automl.fit_task import FitTask

__all__ = ["is_of_fit", "procedure_of"]

_BY = "automl"


def procedure_of(fit_task: FitTask) -> str:
    """Return how scores are estimated, as canonical JSON."""
    origin = {"by": _BY, "validation": fit_task.validation.name, "seed": fit_task.seed}
    return json.dumps(origin, sort_keys=True)


def is_of_fit(procedure: str | None) -> bool:
    """Whether the procedure of a stored task is that of a fit."""
    try:
        found = json.loads(procedure or "")
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("by") == _BY
