"""The user's objective as a target function of a SMAC facade.

SMAC passes arguments by name: `seed` always, `budget` and `instance` where the facade uses them.
The user's function gets those that it takes. A required one that it does not take is an error
before the first evaluation.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from metalearn.bridges.configspace import from_own
from metalearn.bridges.smac_results import share_of_budget
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import UsageError

__all__ = ["for_smac"]

_ANY = (inspect.Parameter.VAR_KEYWORD,)


def for_smac(
    warm: WarmStart, objective: Callable[..., Any], scenario: Any, wanted: list[str]
) -> Callable[..., Any]:
    """Return the target function; the warm start's memory gets finished trials.

    Args:
        warm: The warm start.
        objective: From a configuration, and those of `wanted` that it takes, to a loss.
        scenario: SMAC's scenario.
        wanted: Names of what SMAC passes beside the configuration.

    Raises:
        UsageError: If the objective must take a budget or an instance and does not.
    """
    taken = _taken(objective, wanted)
    for name in ("budget", "instance"):
        if name in wanted and name not in taken:
            raise UsageError(
                f"this facade evaluates with a {name}: the objective must take it, "
                f"objective(config, {name}=None)"
            )
    is_single = scenario.count_objectives() == 1

    def evaluate(config: Any, **given: Any) -> Any:
        begun = time.perf_counter()
        result = objective(config, **{name: given[name] for name in taken})
        if not is_single:
            return result
        cost, extra = result if isinstance(result, tuple) else (result, None)
        loss = float(np.asarray(cost).item())
        if warm.memory is not None:
            share = share_of_budget(scenario, given.get("budget"))
            trial = Trial(from_own(warm, config), fidelity=share)
            warm.tell(trial.finished(loss, time.perf_counter() - begun))
        return loss if extra is None else (loss, extra)

    kinds = inspect.Parameter
    evaluate.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # SMAC looks at it
        [kinds("config", kinds.POSITIONAL_OR_KEYWORD)]
        + [kinds(name, kinds.KEYWORD_ONLY) for name in wanted]
    )
    return evaluate


def _taken(objective: Callable[..., Any], wanted: list[str]) -> list[str]:
    try:
        parameters = list(inspect.signature(objective).parameters.values())
    except (TypeError, ValueError):  # something built in, which has no signature
        return []
    names = {parameter.name for parameter in parameters[1:]}
    anything = any(parameter.kind in _ANY for parameter in parameters)
    return [name for name in wanted if anything or name in names]
