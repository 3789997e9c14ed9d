"""A trial: one evaluation that an optimizer requests and learns from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from metalearn.core.configuration import Configuration
from metalearn.errors import InputError

__all__ = ["Status", "Trial"]

Status = Literal["pending", "ok", "failed", "timeout"]


@dataclass(frozen=True, slots=True)
class Trial:
    """A configuration, the fidelity of its evaluation, and the result.

    Attributes:
        configuration: What to evaluate.
        number: Count of `ask`; None if the optimizer did not propose this trial.
        fidelity: Share of the full resource to evaluate it with, in (0, 1].
        loss: Its loss, lower is better; NaN while pending and if it failed.
        status: `pending`, `ok`, `failed` or `timeout`.
        runtime_s: Seconds of the evaluation; NaN = unknown.
        outside: Parameters of the evaluation that the space does not have: name and value as text.
        losses: Losses of several objectives by name, all finite; empty with one objective, while
            pending, and if it failed. `loss` is the first of them.
        parent: Number of the trial whose fitted model this one continues; None = a new model.
    """

    configuration: Configuration
    number: int | None = None
    fidelity: float = 1.0
    loss: float = math.nan
    status: Status = "pending"
    runtime_s: float = math.nan
    outside: tuple[tuple[str, str], ...] = ()
    losses: Mapping[str, float] = field(default_factory=dict, hash=False)
    parent: int | None = None

    def __post_init__(self) -> None:
        if not 0.0 < self.fidelity <= 1.0:
            raise InputError(f"fidelity must be in (0, 1], got {self.fidelity}")
        if (self.status == "ok") != math.isfinite(self.loss):
            raise InputError(
                f"a trial has a finite loss exactly if its status is 'ok'; got {self.loss} and "
                f"{self.status!r}: use trial.finished(loss) or trial.failed()"
            )

    @property
    def is_full_result(self) -> bool:
        """Whether the trial has a loss at the full resource (not partial, not failed)."""
        return self.status == "ok" and self.fidelity == 1.0

    def finished(
        self,
        loss: float,
        runtime_s: float = math.nan,
        losses: Mapping[str, float] | None = None,
    ) -> Trial:
        """Return the trial with its loss; if a loss is not finite, a failed trial.

        Args:
            loss: The loss; with several objectives that of the first.
            runtime_s: Seconds of the evaluation.
            losses: Losses of several objectives by name; None with one objective.
        """
        several = {name: float(value) for name, value in (losses or {}).items()}
        if not all(map(math.isfinite, (loss, *several.values()))):
            return self.failed(runtime_s)
        return replace(
            self, loss=float(loss), status="ok", runtime_s=float(runtime_s), losses=several
        )

    def failed(
        self, runtime_s: float = math.nan, status: Literal["failed", "timeout"] = "failed"
    ) -> Trial:
        """Return the trial as failed or timed out, without a loss."""
        return replace(self, loss=math.nan, status=status, runtime_s=float(runtime_s), losses={})
