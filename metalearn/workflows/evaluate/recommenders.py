"""`evaluate`: recommenders compared on held-out tasks (METHODS 12, DESIGN 6).

The split is over tasks. On a held-out task, a method sees the meta-features and the losses of the
configurations that it chose, never the whole row nor its minimum and maximum. The expected regret
of a random order is computed exactly; the oracle has regret 0.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.names import names_of
from metalearn.engines import EngineOptions, open_engine, results
from metalearn.errors import (
    InputError,
    MissingPackageError,
    NotEnoughMetaDataError,
    UsageError,
)
from metalearn.numerics.statistics.regret import (
    constant_rows,
    expected_random_regret,
    normalized_regret,
)
from metalearn.recommenders import CATALOGUE
from metalearn.workflows.evaluate.folds import Split, task_folds
from metalearn.workflows.evaluate.play_ranker import regret_curve, simulate_ranker
from metalearn.workflows.evaluate.result import EvaluationResult, Protocol, Seconds
from metalearn.workflows.recommend.metric_choice import DEFAULT_METRIC

if TYPE_CHECKING:
    from metalearn.store import Store

__all__ = ["DEFAULT_RECOMMENDERS", "evaluate", "evaluate_store"]

DEFAULT_RECOMMENDERS = (
    "random",
    "average-rank",
    "portfolio",
    "nearest-tasks",
    "kernel-portfolio",
    "forest-portfolio",
    "gaussian-rows",
    "default",
)
ORACLE, RANDOM = "oracle", "random"
_CANNOT = (NotEnoughMetaDataError, InputError, MissingPackageError)


def evaluate(
    meta: MetaDataset,
    recommenders: str | Sequence[str] = DEFAULT_RECOMMENDERS,
    ks: Sequence[int] = (1, 3, 5, 10, 20),
    split: Split = "10-fold",
    seed: int = 0,
    jobs: int | None = 1,
    *,
    engine: EngineOptions | None = None,
    skip_unable: bool = False,
    progress: Callable[[int, int], object] = lambda *_: None,
) -> EvaluationResult:
    """Return regrets of recommenders on held-out tasks.

    Args:
        meta: All tasks. Those whose losses are all equal have no regret and are only trained on.
        recommenders: Names in the catalogue; `random` and `oracle` are always added.
        ks: Numbers of evaluations at which regrets are reported.
        split: `10-fold` over tasks, or `leave-one-task-out`.
        seed: Seed of the folds and of the methods.
        jobs: Number of parallel processes, None for all cores; the result does not depend on it.
        engine: Where to compute instead; neither does it depend on that.
        skip_unable: Leave out a method that this meta-dataset does not allow (no runtimes, too
            large, a package missing) and list it in `skipped`, instead of raising its error.
        progress: Called with (done, total).

    Raises:
        UsageError: If a k is not positive or the split unknown.
        UnknownNameError: If a recommender is unknown.
        NotEnoughMetaDataError: If there are fewer than two tasks to hold out, or nothing that
            could be compared on them.
    """
    steps, names = _checked(ks, recommenders)
    _check_comparable(meta)
    folds = task_folds(meta.groups, split, seed)
    worlds = [
        _Fold(train, test, name, _seed(seed, number, name), steps[-1], skip_unable)
        for number, (train, test) in enumerate(folds)
        for name in names
    ]
    with open_engine(engine or EngineOptions(jobs=jobs)) as opened:
        outcomes: list[_Outcome | str] = results(
            opened, _play_fold, meta, worlds, lambda done: progress(done, len(worlds))
        )
    skipped = {w.name: o for w, o in zip(worlds, outcomes, strict=True) if isinstance(o, str)}
    kept = [name for name in names if name not in skipped]
    ended = [(w, o) for w, o in zip(worlds, outcomes, strict=True) if isinstance(o, _Outcome)]
    played = ~constant_rows(meta.losses)
    return EvaluationResult(
        _protocol(meta, split, seed, len(folds), int(played.sum())),
        (*kept, RANDOM, ORACLE),
        tuple(steps),
        tuple(task.name for task, inside in zip(meta.tasks, played, strict=True) if inside),
        _curves(meta, kept, ended, steps[-1])[:, played],
        _seconds(kept, ended, len(folds)),
        skipped,
    )


def _checked(ks: Sequence[int], recommenders: str | Sequence[str]) -> tuple[list[int], list[str]]:
    """Return the numbers of evaluations in order, and the names without `random` and `oracle`."""
    steps = sorted(set(ks))
    if not steps or steps[0] < 1:
        raise UsageError(f"k must be positive numbers, got {list(ks)}")
    names = [name for name in names_of(recommenders) if name not in (RANDOM, ORACLE)]
    for name in names:
        CATALOGUE.get(name)
    return steps, names


def _protocol(meta: MetaDataset, split: Split, seed: int, n_folds: int, n_played: int) -> Protocol:
    return Protocol(
        meta.metric.name, split, seed, n_folds, n_played, meta.n_tasks, meta.n_configurations,
        meta.n_evaluations, len(np.unique(meta.groups)), meta.snapshot,
    )  # fmt: skip


def _seconds(
    names: Sequence[str], ended: Sequence[tuple[_Fold, _Outcome]], n_folds: int
) -> dict[str, Seconds]:
    """Return the mean seconds of a fold by name."""
    seconds = dict.fromkeys(names, Seconds(0.0, 0.0))
    for world, outcome in ended:
        if world.name in names:
            share = Seconds(outcome.fit_s / n_folds, outcome.next_s / n_folds)
            seconds[world.name] = seconds[world.name].plus(share)
    return seconds


def _curves(
    meta: MetaDataset, names: Sequence[str], ended: Sequence[tuple[_Fold, _Outcome]], n_steps: int
) -> Floats:
    """Return regrets `(n_names + 2, n_tasks, n_steps)`, the last two of random and oracle."""
    curves = np.full((len(names) + 2, meta.n_tasks, n_steps), np.nan)
    for world, outcome in ended:
        if world.name in names:
            curves[names.index(world.name), world.test] = outcome.curves
    regret = normalized_regret(meta.losses)
    for k in range(n_steps):
        curves[-2, :, k] = expected_random_regret(regret, k + 1)
    curves[-1] = 0.0
    return curves


def _check_comparable(meta: MetaDataset) -> None:
    """Raise if no task has different losses, or no configuration was tried on two tasks."""
    name = meta.metric.name
    if constant_rows(meta.losses).all():
        raise NotEnoughMetaDataError(
            f"nothing to compare: on none of the {meta.n_tasks} tasks with {name!r} do two "
            "configurations have different scores; name another metric with --metric, or harvest, "
            "import or collect more"
        )
    tried = np.isfinite(meta.losses) | meta.failed
    if meta.n_tasks > 1 and not (tried.sum(axis=0) > 1).any():
        raise NotEnoughMetaDataError(
            f"nothing to compare: the {meta.n_configurations:,} configurations with {name!r} were "
            f"each evaluated on only one of the {meta.n_tasks} tasks, so no task informs about "
            "another. Compare methods that predict new configurations: metalearn "
            "evaluate --optimizers random,tpe --space ALGORITHM"
        )


def evaluate_store(
    kb: Store | str | Path | None = None,
    *,
    metric: str | None = None,
    kind: str | None = None,
    **options: object,
) -> EvaluationResult:
    """Return `evaluate` of what a store holds for one metric.

    Far outliers of metrics without a worst value are clipped first, since one diverged model would
    set the scale of all regrets; see `MetaDataset.with_outliers_clipped`.

    Args:
        kb: An open store, a path, or None for the default.
        metric: Name of the metric; None takes the one with the most evaluations.
        kind: `classification` or `regression`; None takes all tasks with this metric.
        **options: Further arguments of `evaluate`.

    Raises:
        UnknownNameError: If the metric is not in the store.
        NotEnoughMetaDataError: If the store holds too few tasks.
    """
    from metalearn.store import opened_store

    with opened_store(kb) as store:
        names = [metric] if metric is not None else sorted(store.metrics())
        if not names:
            raise NotEnoughMetaDataError(
                "the store holds no evaluations; collect or import some first (metalearn import)"
            )
        metas = [store.meta_dataset(name, kind=kind) for name in names]
    meta = max(metas, key=_preference).with_outliers_clipped()
    return evaluate(meta, **options)  # type: ignore[arg-type]  # passed on as they came


def _preference(meta: MetaDataset) -> tuple[int, bool, str]:
    return meta.n_evaluations, meta.metric.name in DEFAULT_METRIC.values(), meta.metric.name


@dataclass(frozen=True, slots=True)
class _Fold:
    """One method on one fold of a meta-dataset: what one call computes."""

    train: Ints
    test: Ints
    name: str
    seed: tuple[int, ...]
    n_steps: int
    skip_unable: bool


@dataclass(frozen=True, slots=True)
class _Outcome:
    curves: Floats
    fit_s: float
    next_s: float


def _seed(seed: int, fold: int, name: str) -> tuple[int, ...]:
    """Return a seed by name, so that neither order nor selection of methods changes a value."""
    return seed, fold, zlib.crc32(name.encode())


def _play_fold(meta: MetaDataset, fold: _Fold) -> _Outcome | str:
    """Fit on the fold's training tasks and play its test tasks."""
    started = time.perf_counter()
    train = meta.take(fold.train)
    try:
        ranker = CATALOGUE.get(fold.name)().fit(train, np.random.default_rng(fold.seed))
    except _CANNOT as error:
        if not fold.skip_unable:
            raise
        return str(error)
    fit_s = time.perf_counter() - started
    curves = np.full((len(fold.test), fold.n_steps), np.nan)
    seconds, n_steps = 0.0, 0
    constant = constant_rows(meta.losses[fold.test])
    for i, task in enumerate(fold.test):
        if constant[i]:
            continue
        losses = meta.losses[task]
        played = simulate_ranker(
            ranker,
            meta.meta_features[task],
            losses,
            available=np.isfinite(losses) | meta.failed[task],
            runtimes_s=meta.runtimes_s[task],
            n_steps=fold.n_steps,
        )
        curves[i] = regret_curve(played.losses, losses, fold.n_steps)
        seconds, n_steps = seconds + played.seconds, n_steps + played.n_steps
    return _Outcome(curves, fit_s, seconds / max(n_steps, 1))
