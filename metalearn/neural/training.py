"""Stochastic gradient descent with Adam (Kingma & Ba 2015), resumable step by step.

Step i draws from a generator seeded by (seed, i), so that a run that was stopped and resumed from
its last checkpoint ends with the same weights as one that was not.
"""

from __future__ import annotations

import logging
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.neural.network import Weights

__all__ = ["Adam", "Estimate", "Schedule", "best_length", "train"]

Estimate = Callable[[Weights, np.random.Generator], tuple[float, Weights]]
"""Returns the loss of a random batch and its gradient, or another direction of ascent."""

_LOG = logging.getLogger(__name__)
_CHECKPOINT = 500


@dataclass(frozen=True, slots=True)
class Schedule:
    """Length and speed of a training.

    Attributes:
        n_steps: Number of steps.
        rate: Learning rate of the first step; it falls to 0 along a half cosine.
        decay: Decoupled weight decay for each unit of learning rate (Loshchilov & Hutter 2019).
        clip: Largest Euclidean norm of a gradient.
    """

    n_steps: int
    rate: float = 2e-3
    decay: float = 0.0
    clip: float = 10.0

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step, from 0 on."""
        return self.rate * 0.5 * (1.0 + float(np.cos(np.pi * step / self.n_steps)))


class Adam:
    """Moments of the gradient; `step` returns the next weights.

    Args:
        weights: Weights of the same names and shapes as in `step`.
        decay: Decoupled weight decay.
    """

    def __init__(self, weights: Weights, decay: float = 0.0) -> None:
        self.mean = {name: np.zeros_like(value) for name, value in weights.items()}
        self.square = {name: np.zeros_like(value) for name, value in weights.items()}
        self.count, self.decay = 0, decay

    def step(self, weights: Weights, gradient: Weights, rate: float) -> Weights:
        """Return the weights after one step."""
        self.count += 1
        rising, flatter = 1.0 - 0.9**self.count, 1.0 - 0.999**self.count
        moved: Weights = {}
        for name, value in weights.items():
            slope = gradient[name]
            self.mean[name] = 0.9 * self.mean[name] + 0.1 * slope
            self.square[name] = 0.999 * self.square[name] + 0.001 * slope**2
            unit = np.sqrt(self.square[name] / flatter) + 1e-8
            moved[name] = value - rate * (self.mean[name] / rising / unit + self.decay * value)
        return moved


def train(
    estimate: Estimate,
    start: Weights,
    schedule: Schedule,
    seed: int,
    checkpoint: Path | None = None,
) -> Weights:
    """Return the trained weights.

    Args:
        estimate: Loss and gradient of a random batch. Steps whose gradient is not finite are
            left out.
        start: First weights.
        schedule: Number of steps and learning rates.
        seed: Seed of the batches.
        checkpoint: File that holds the state every 500 steps; a training that finds it goes on
            from there, and starts anew if it is damaged. Removed at the end.
    """
    weights, adam = start, Adam(start, schedule.decay)
    if checkpoint is not None and checkpoint.exists():
        weights = _restored(checkpoint, adam) or weights
    while adam.count < schedule.n_steps:
        weights = _stepped(estimate, weights, schedule, seed, adam)
        if checkpoint is not None and adam.count % _CHECKPOINT == 0:
            _write(checkpoint, weights, adam)
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    return weights


def best_length(
    estimate: Estimate,
    start: Weights,
    schedule: Schedule,
    seed: int,
    judge: Callable[[Weights], float],
    *,
    every: int,
) -> int:
    """Return the number of steps up to which the judged loss falls; 0 if it does not fall.

    This is early stopping at the first length that is not better than the one before.

    Args:
        estimate: As in `train`.
        start: As in `train`.
        schedule: As in `train`, for the largest length.
        seed: As in `train`.
        judge: Returns the loss on what training does not see, such as tasks that are left out.
        every: Lengths that are judged are multiples of this.
    """
    weights, adam = start, Adam(start, schedule.decay)
    best, lowest = 0, judge(start)
    while adam.count < schedule.n_steps:
        weights = _stepped(estimate, weights, schedule, seed, adam)
        if adam.count % every == 0:
            judged = judge(weights)
            if not judged < lowest:
                break
            best, lowest = adam.count, judged
    return best


def _stepped(
    estimate: Estimate, weights: Weights, schedule: Schedule, seed: int, adam: Adam
) -> Weights:
    step = adam.count
    _, gradient = estimate(weights, np.random.default_rng([seed, step]))
    return adam.step(weights, _clipped(gradient, schedule.clip), schedule.rate_at(step))


def _clipped(gradient: Weights, most: float) -> Weights:
    """Return the gradient, shortened to norm `most`; zeros if it is not finite."""
    norm = float(np.sqrt(sum(float(np.sum(value**2)) for value in gradient.values())))
    if not np.isfinite(norm):
        return {name: np.zeros_like(value) for name, value in gradient.items()}
    factor = min(1.0, most / max(norm, 1e-300))
    return {name: factor * value for name, value in gradient.items()}


def _write(path: Path, weights: Weights, adam: Adam) -> None:
    arrays: dict[str, Floats] = {"count": np.array(float(adam.count))}
    for kind, values in (("weight", weights), ("mean", adam.mean), ("square", adam.square)):
        arrays |= {f"{kind}.{name}": value for name, value in values.items()}
    part = path.with_name(f"{path.stem}.{os.getpid()}.part")
    with part.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # the stubs take names for options
    part.replace(path)


def _restored(path: Path, adam: Adam) -> Weights | None:
    """Return the weights of a checkpoint and set the moments; None if it is damaged."""
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        _LOG.warning("%s is damaged (%s): the training starts anew", path, error)
        return None
    adam.count = int(found["count"])
    for name in adam.mean:
        adam.mean[name], adam.square[name] = found[f"mean.{name}"], found[f"square.{name}"]
    return {name: found[f"weight.{name}"] for name in adam.mean}
