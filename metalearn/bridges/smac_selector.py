"""A SMAC selector that chooses each configuration of the design from the results so far.

SMAC evaluates its initial design in a fixed order. Here the next configuration is chosen when SMAC
requests it, from the results in the run history. After the design, SMAC's own selector continues.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from smac.main.config_selector import ConfigSelector

from metalearn.bridges.configspace import from_own, own
from metalearn.bridges.smac_results import answered
from metalearn.core.configuration import Configuration
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart

__all__ = ["WarmSelector"]


class WarmSelector(ConfigSelector):
    """See the module.

    Args:
        scenario: SMAC's scenario.
        warm: The warm start.
        space: The ConfigSpace that SMAC searches.
        **options: Of SMAC's selector.
    """

    def __init__(self, scenario: Any, warm: WarmStart, space: Any, **options: Any) -> None:
        super().__init__(scenario, **options)
        self._warm, self._space = warm, space

    def __iter__(self) -> Iterator[Any]:
        """Return configurations: the design, then SMAC's own."""
        self._call_callbacks_on_start()
        # Our configuration by SMAC's: the last digits may differ.
        started: dict[Any, Configuration] = {}
        while (found := self._next(started)) is not None:
            config = own(self._warm, found, self._space)
            config.origin = "Initial design"
            started[config] = found
            self._call_callbacks_on_end(config)
            yield config
            self._call_callbacks_on_start()
        self._initial_design_configs = []
        yield from super().__iter__()

    def _next(self, started: dict[Any, Configuration]) -> Configuration | None:
        """Return the next of the design; None at its end.

        Args:
            started: Our configurations by those that SMAC has evaluated or started.
        """
        history: Any = self._runhistory
        done = []
        waiting = dict(started)
        for key, value in history.items():
            config = history.get_config(key.config_id)
            if value.status.name == "RUNNING":
                continue
            waiting.pop(config, None)
            trial = Trial(started.get(config) or from_own(self._warm, config))
            done.append(answered(trial, value))
        return self._warm.next_of_design(done, list(waiting.values()))
