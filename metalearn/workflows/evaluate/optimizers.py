"""`evaluate --optimizers`: optimizers compared on held-out tasks, cold and warm-started.

The protocol of `evaluate`: the split is over groups of tasks. On a held-out task, an optimizer
sees only the losses of its own evaluations. A warm one also gets an initial design, weighted
histories and a prior from the training tasks and the task's meta-features. The expected regret of
random search, with one or four evaluations per step, is computed without playing it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from metalearn.core.arrays import Floats, Ints
from metalearn.core.warm_start import WarmStart
from metalearn.engines import EngineOptions, open_engine, results
from metalearn.errors import NotEnoughMetaDataError, UsageError
from metalearn.numerics.statistics.regret import constant_rows, expected_random_regret
from metalearn.optimizers import CATALOGUE, get
from metalearn.workflows.evaluate.benchmarks import Answers, Benchmark
from metalearn.workflows.evaluate.folds import Split, task_folds
from metalearn.workflows.evaluate.play_optimizer import play_search
from metalearn.workflows.evaluate.result import EvaluationResult, Protocol, Seconds
from metalearn.workflows.warm_start.build import WarmStartRequest, warm_start_from

__all__ = ["DEFAULT_STEPS", "Contestant", "OptimizerEvaluation", "contestants",
           "evaluate_optimizers"]  # fmt: skip

DEFAULT_STEPS = (3, 5, 10, 20, 30)
RANDOM_4 = "random x4"
STARTS = ("cold", "warm")


@dataclass(frozen=True, slots=True)
class Contestant:
    """An optimizer with its start.

    Attributes:
        optimizer: Name of the optimizer.
        start: `cold` or `warm`.
    """

    optimizer: str
    start: str

    @property
    def label(self) -> str:
        """Its name in tables and figures."""
        return f"{self.optimizer} {self.start}"


def contestants(names: Iterable[str]) -> tuple[Contestant, ...]:
    """Return the contestants: each name warm and cold, or one start by `name:warm`, `name:cold`.

    Raises:
        UsageError: If a start is neither `warm` nor `cold`, or no name is given.
        UnknownNameError: If an optimizer is unknown.
    """
    found: list[Contestant] = []
    for text in names:
        name, _, start = text.partition(":")
        if start and start not in STARTS:
            raise UsageError(f"{text!r}: expected NAME, NAME:cold or NAME:warm")
        CATALOGUE.get(name)
        found += [Contestant(name, s) for s in ([start] if start else ("warm", "cold"))]
    if not found:
        raise UsageError("no optimizer is named; expected for instance bayesian,tpe:cold")
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class OptimizerEvaluation:
    """Regret curves of optimizers on held-out tasks.

    Attributes:
        benchmark: Name of the benchmark.
        players: The contestants; the curves hold them in this order, then `random x4`, `random`
            (exact expectations) and `oracle`.
        warm_start: Length of the initial design of the warm ones.
        repeats: Searches per task, averaged before any other statistic.
        result: The curves, in the form of `evaluate`: its recommenders are the labels.
    """

    benchmark: str
    players: tuple[Contestant, ...]
    warm_start: int
    repeats: int
    result: EvaluationResult

    def to_dict(self) -> dict[str, Any]:
        """Return the document of `metalearn evaluate --optimizers --json`.

        It equals that of `evaluate`, with `optimizer` and `start` (`warm`, `cold`, or "" for
        the rows `random`, `random x4` and `oracle`) in place of `recommender` in each result.
        """
        document = self.result.to_dict()
        protocol = document["protocol"] | {
            "benchmark": self.benchmark,
            "warm_start": self.warm_start,
            "repeats": self.repeats,
        }
        by_label = {player.label: (player.optimizer, player.start) for player in self.players}
        results = []
        for row in document["results"]:
            name, start = by_label.get(row["recommender"], (row["recommender"], ""))
            rest = {key: value for key, value in row.items() if key != "recommender"}
            results.append({"optimizer": name, "start": start, **rest})
        return {"protocol": protocol, "results": results}


def evaluate_optimizers(
    benchmark: Benchmark,
    players: Sequence[Contestant],
    ks: Sequence[int] = DEFAULT_STEPS,
    split: Split = "10-fold",
    seed: int = 0,
    jobs: int | None = 1,
    *,
    engine: EngineOptions | None = None,
    warm_start: int = 10,
    repeats: int = 1,
    progress: Callable[[int, int], object] = lambda *_: None,
) -> OptimizerEvaluation:
    """Return regrets of optimizers on held-out tasks.

    Args:
        benchmark: Tasks with stored runs and losses.
        players: From `contestants`.
        ks: Numbers of evaluations at which regrets are reported.
        split: `10-fold` over tasks, or `leave-one-task-out`.
        seed: Seed of folds, warm starts and searches.
        jobs: Number of parallel processes, None for all cores; the result does not depend on it.
        engine: Where to compute instead; neither does it depend on that.
        warm_start: Length of the initial design of the warm ones.
        repeats: Searches per task and contestant.
        progress: Called with (done, total).

    Raises:
        UsageError: If a number is not positive.
        NotEnoughMetaDataError: If there are fewer than two tasks, or none with different losses.
    """
    steps = sorted(set(ks))
    if not steps or steps[0] < 1 or repeats < 1 or warm_start < 0:
        raise UsageError(
            f"-k and --repeats must be positive, --warm-start at least 0; got {list(ks)}, "
            f"{repeats} and {warm_start}"
        )
    folds = task_folds(benchmark.sources.described.groups, split, seed)
    parts = [
        _Part(tuple(players), train, int(task), steps[-1], warm_start, repeats, seed)
        for train, test in folds
        for task in test
    ]
    with open_engine(engine or EngineOptions(jobs=jobs)) as opened:
        total = len(parts)
        found: list[_Played | None] = results(
            opened, _play, benchmark, parts, lambda done: progress(done, total)
        )
    played = [part for part in found if part is not None]
    if not played:
        raise NotEnoughMetaDataError(
            f"{benchmark.name!r}: every task has equal losses, or fewer points than -k"
        )
    played.sort(key=lambda part: part.task)
    return OptimizerEvaluation(
        benchmark.name, tuple(players), warm_start, repeats,
        _result(benchmark, players, played, steps, split, seed, len(folds)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Part:
    """All contestants on one task of a benchmark: what one call computes."""

    players: tuple[Contestant, ...]
    train: Ints
    task: int
    n_steps: int
    warm_start: int
    repeats: int
    seed: int


@dataclass(frozen=True, slots=True)
class _Played:
    task: int
    curves: Floats  # (n_players + 2, n_steps): then random x4 and random
    start_s: float
    suggest_s: Mapping[str, float]
    n_losses: int


def _play(benchmark: Benchmark, part: _Part) -> _Played | None:
    """Let every contestant search one task; None if all its losses are equal."""
    import time

    answers = benchmark.answers(part.task)
    if constant_rows(answers.losses[None, :])[0]:
        return None
    warm, start_s = None, 0.0
    if any(player.start == "warm" for player in part.players):
        started = time.process_time()
        warm = _warm(benchmark, part)
        start_s = time.process_time() - started
    measured = np.full((len(part.players), part.repeats, part.n_steps), np.nan)
    suggest_s: dict[str, float] = {}
    for i, player in enumerate(part.players):
        for repeat in range(part.repeats):
            key = zlib.crc32(player.optimizer.encode())
            rng = np.random.default_rng([part.seed, part.task, repeat, key])
            initial = warm if player.start == "warm" else None
            optimizer = get(player.optimizer)(answers.space, initial=initial, rng=rng)
            played = play_search(optimizer, answers, part.n_steps)
            measured[i, repeat] = played.losses
            spent = played.seconds / max(played.n_asked, 1) / part.repeats
            suggest_s[player.label] = suggest_s.get(player.label, 0.0) + spent
    return _Played(part.task, _curves(measured, answers), start_s, suggest_s, len(answers.losses))


def _warm(benchmark: Benchmark, part: _Part) -> WarmStart:
    sources = benchmark.sources
    features = sources.described.meta_features[part.task]
    request = WarmStartRequest(k=part.warm_start, seed=part.seed)
    return warm_start_from(sources.take(part.train), features, request)


def _curves(measured: Floats, answers: Answers) -> Floats:
    """Return normalized regrets of the players, averaged over repeats, and of random search.

    Regret 0 is the lowest loss of the sample or of any player; 1 before the first evaluation.
    """
    low = min(float(answers.losses.min()), float(np.nanmin(measured, initial=np.inf)))
    high = float(answers.losses.max())
    regret = (np.minimum(measured, high) - low) / (high - low)
    mean = np.where(np.isnan(regret), 1.0, regret).mean(axis=1)
    row = (answers.losses[None] - low) / (high - low)
    n_steps = measured.shape[-1]
    expected = [
        [float(expected_random_regret(row, pace * k)[0]) for k in range(1, n_steps + 1)]
        for pace in (4, 1)
    ]
    return np.concatenate([mean, np.array(expected)])


def _result(
    benchmark: Benchmark,
    players: Sequence[Contestant],
    played: Sequence[_Played],
    steps: Sequence[int],
    split: Split,
    seed: int,
    n_folds: int,
) -> EvaluationResult:
    described = benchmark.sources.described
    stacked = np.stack([part.curves for part in played], axis=1)
    curves = np.concatenate([stacked, np.zeros((1, *stacked.shape[1:]))])
    start_s = float(np.mean([part.start_s for part in played]))
    seconds = {
        player.label: Seconds(
            start_s if player.start == "warm" else 0.0,
            float(np.mean([part.suggest_s[player.label] for part in played])),
        )
        for player in players
    }
    protocol = Protocol(
        benchmark.sources.metric.name, split, seed, n_folds, len(played), described.n_tasks,
        max(part.n_losses for part in played), sum(len(h) for h in benchmark.sources.histories),
        len(np.unique(described.groups)), described.snapshot,
    )  # fmt: skip
    return EvaluationResult(
        protocol,
        (*(player.label for player in players), RANDOM_4, "random", "oracle"),
        tuple(steps),
        tuple(described.tasks[part.task].name for part in played),
        curves,
        seconds,
        {},
    )
