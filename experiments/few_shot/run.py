"""Do surrogates that are meta-trained over other tasks beat hand-made transfer?

    python experiments/few_shot/run.py DATA [--set tst-svm] [--methods M ...] [--budget 20]
        [--tasks N] [--folds N] [--part regret|coverage] [--out DIR] [--docs] [--smoke]

DATA is the folder with the published sets. Sets: `tst-svm` (50 tasks x 288 shared
configurations), `pimp-rf` (94 x 500, no configuration shared), `yahpo` (the network `rbv2_rpart`,
117 tasks, 100 known runs each, none shared), `bundled:ALGORITHM`, and `thinned:ALGORITHM`, of
which each task keeps its own third (to choose constants on). Tasks are held out by 10 folds over
groups of near-duplicates; a network is trained once for each fold, on the other tasks.

Every surrogate drives the same optimizer without an initial design of its own. `default` is what
`warm_start` and the optimizer `bayesian` make together, as users have it; `default-deep` is the
same with the surrogate `soft-taf-deep`. `recurrent` is the optimizer of that name,
`recurrent-long` the same after 180 steps of training, and `design` without any: the greedy
portfolio of the sources. `random` is the exact expectation. Coverage: share of the other losses of
a held-out task inside the 80 % interval after 5, 10 and 20 random evaluations.

Finished searches are kept in curves.csv, so the command can be stopped, and repeated to add more.
`--docs` writes the tables of all sets in DIR into docs/evidence/learned.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm

from metalearn import surrogates
from metalearn.core.arrays import Floats, Ints
from metalearn.core.history import History
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.statistics.regret import expected_random_regret
from metalearn.optimizers.bayesian import Bayesian
from metalearn.optimizers.model_based import ModelBased
from metalearn.optimizers.recurrent import Recurrent
from metalearn.workflows.evaluate.benchmarks import (
    Answers,
    Benchmark,
    SurrogateBenchmark,
    TableBenchmark,
    table_benchmark,
)
from metalearn.workflows.evaluate.folds import task_folds
from metalearn.workflows.evaluate.play_optimizer import play_search
from metalearn.workflows.import_published import import_published
from metalearn.workflows.warm_start.build import WarmStartRequest, warm_start_from
from metalearn.workflows.warm_start.stored_runs import StoredRuns

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.csv_rows import append_rows
from experiments.few_shot.docs import write_docs
from experiments.few_shot.tables import COVERED, KNOWN, METHODS, summary, table

HERE = Path(__file__).resolve().parent
DESIGN = 10
FIELDS = ("set", "method", "task", "at", "loss", "low", "high", "seconds")
COVERAGE_FIELDS = ("set", "method", "task", "known", "coverage", "width")
SEARCHES = {"recurrent": None, "recurrent-long": 180, "design": 0}
"""Steps of training of a search that a network does; None = as many as the optimizer chooses."""
PUBLISHED = {
    "tst-svm": ("tst", "tst-svm", "tst-svm"),
    "pimp-rf": ("arff-runs", "pimp-rf/random_forest.arff.gz", "openml-flow-6969"),
}


@dataclass(frozen=True, eq=False)
class Thinned:
    """A table of which a random third of each task's runs is known; each task has its own."""

    full: TableBenchmark

    @property
    def name(self) -> str:
        """Name of the algorithm."""
        return self.full.name

    @cached_property
    def sources(self) -> StoredRuns:
        """The known runs."""
        found = []
        for i, history in enumerate(self.full.sources.histories):
            n = len(history)
            some = np.random.default_rng(i).choice(n, n // 3, replace=False)
            found.append(History(history.X[some], history.y[some], history.task))
        return replace(self.full.sources, histories=tuple(found))

    def answers(self, task: int) -> Answers:
        """Return all runs of a task."""
        return self.full.answers(task)


def benchmark(name: str, data: Path, n_tasks: int | None = None) -> Benchmark:
    """Return a set; `n_tasks` bounds the known runs of a smoke test only."""
    if name == "yahpo":
        sizes = {"n_runs": 30, "n_sample": 500, "n_tasks": n_tasks} if n_tasks else {}
        return SurrogateBenchmark(data / "yahpo" / "rbv2_rpart", "accuracy", **sizes)
    if name.startswith("bundled:"):
        return table_benchmark(None, name.removeprefix("bundled:"))
    if name.startswith("thinned:"):
        return Thinned(table_benchmark(None, name.removeprefix("thinned:")))
    form, path, algorithm = PUBLISHED[name]
    with tempfile.TemporaryDirectory() as scratch:
        kb = Path(scratch) / "runs.duckdb"
        import_published(form, data / path, kb)
        found = table_benchmark(kb, algorithm)
    return TableBenchmark(found.sources.take(np.arange(n_tasks))) if n_tasks else found


def optimizer(method: str, known: WarmStart, rng: np.random.Generator) -> ModelBased:
    """Return the optimizer of a method."""
    if method == "default":
        return Bayesian(known.space, initial=known, rng=rng)
    if method == "default-deep":
        return Bayesian(known.space, initial=known, rng=rng, surrogate="soft-taf-deep")
    alone = replace(known, configurations=(), prior=None)
    if method == "gaussian-process":
        return Bayesian(known.space, rng=rng, n_start=3)
    if method in SEARCHES:
        return Recurrent(known.space, initial=alone, rng=rng, n_steps=SEARCHES[method])
    name, options = named(method)
    search = Bayesian(known.space, initial=alone, rng=rng, surrogate=name)
    if options:
        search.surrogate = surrogates.get(name)(known.space, alone, **options)
    return search


def named(method: str) -> tuple[str, dict[str, object]]:
    """Return the surrogate of a method and its options."""
    variants: dict[str, tuple[str, dict[str, object]]] = {
        "fsbo-network": ("fsbo", {"fine_tune": "network"}),
        "fsbo-reptile": ("fsbo", {"outer": "reptile"}),
        "fsbo-maml": ("fsbo", {"outer": "maml"}),
        "hyperbo-tuned": ("hyperbo", {"fine_tune": True}),
    }
    return variants.get(method, (method, {}))


def held_out(tables: Benchmark, n_each: int | None, n_folds: int) -> list[tuple[Ints, int]]:
    """Return (known tasks, held-out task) of every task, or of the first `n_each` of a fold."""
    folds = task_folds(tables.sources.described.groups, "10-fold", 0)[:n_folds]
    return [(train, int(task)) for train, test in folds for task in test[:n_each]]


def warm_for(tables: Benchmark, train: Ints, task: int) -> WarmStart:
    """Return the warm start of a held-out task from the known ones; it must not know the task."""
    features = tables.sources.described.meta_features[task]
    known = warm_start_from(tables.sources.take(train), features, WarmStartRequest(k=DESIGN))
    own = tables.sources.described.tasks[task].key
    assert all(source.task != own for source in known.sources), "the held-out task is known"
    return known


def played(
    answers: Answers, known: WarmStart, task: int, method: str, budget: int
) -> tuple[Floats, float]:
    """Return `(budget,)` lowest losses so far, and processor seconds a suggestion."""
    if method == "random":
        row = answers.losses[None]
        low, high = float(row.min()), float(row.max())
        regrets = [expected_random_regret((row - low) / (high - low), k)[0]
                   for k in range(1, budget + 1)]  # fmt: skip
        return low + (high - low) * np.array(regrets, dtype=np.float64), 0.0
    rng = np.random.default_rng([task, zlib.crc32(method.encode())])
    found = play_search(optimizer(method, known, rng), answers, budget)
    return found.losses, found.seconds / max(found.n_asked, 1)


def play(
    name: str, tables: Benchmark, path: Path, methods: Iterable[str], budget: int,
    chosen: tuple[int | None, int],
) -> None:  # fmt: skip
    """Search every held-out task with every method, and append what is not in the file yet."""
    done = done_in(path)
    for train, task in held_out(tables, *chosen):
        label = tables.sources.described.tasks[task].name
        missing = [method for method in methods if (name, method, label) not in done]
        answers = tables.answers(task)
        if not missing or not np.ptp(answers.losses) > 0:
            continue
        known = warm_for(tables, train, task)
        low, high = answers.losses.min(), answers.losses.max()
        for method in missing:
            losses, seconds = played(answers, known, task, method, budget)
            append_rows(path, FIELDS, [
                (name, method, label, k, f"{loss:.8g}", f"{low:.8g}", f"{high:.8g}",
                 f"{seconds:.4g}") for k, loss in enumerate(losses, 1)
            ])  # fmt: skip
        print(f"{name}: {label}", flush=True)


def cover(
    name: str,
    tables: Benchmark,
    path: Path,
    methods: Iterable[str],
    chosen: tuple[int | None, int],
) -> None:
    """Append the share of a held-out task's other losses inside the 80 % interval."""
    done, quantile = done_in(path), float(norm.ppf(0.9))
    for train, task in held_out(tables, *chosen):
        label = tables.sources.described.tasks[task].name
        missing = [method for method in methods if (name, method, label) not in done]
        history = tables.sources.histories[task]
        if not missing or not np.ptp(history.y) > 0 or np.isnan(history.y).any():
            continue
        known = warm_for(tables, train, task)
        order = np.random.default_rng(task).permutation(len(history))
        for method in missing:
            surrogate = surrogates.get(method)(known.space, known)
            rows = []
            for n in KNOWN:
                seen, other = order[:n], order[max(KNOWN) :]
                told = History(history.X[seen], history.y[seen])
                predicted = surrogate.fit(told, np.random.default_rng(0)).predict(history.X[other])
                off = np.abs(predicted.mean - history.y[other])
                inside = float((off <= quantile * predicted.std + 1e-12).mean())
                width = float(predicted.std.mean() / np.ptp(history.y))
                rows.append((name, method, label, n, f"{inside:.4f}", f"{width:.4f}"))
            append_rows(path, COVERAGE_FIELDS, rows)


def done_in(path: Path) -> set[tuple[str, str, str]]:
    """Return the (set, method, task) that a table has."""
    if not path.exists():
        return set()
    kept = pd.read_csv(path, dtype={"task": str})
    return set(zip(kept["set"], kept["method"], kept["task"], strict=True))


def main() -> None:
    """Play, summarize, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--set", default="tst-svm")
    parser.add_argument("--methods", nargs="+")
    parser.add_argument("--budget", type=int, default=20)
    parser.add_argument("--tasks", type=int, help="hold out only so many tasks of each fold")
    parser.add_argument("--folds", type=int, default=10, help="hold out only so many folds")
    parser.add_argument("--part", choices=("regret", "coverage"), default="regret")
    parser.add_argument("--out", type=Path, default=HERE / "out")
    parser.add_argument("--docs", action="store_true", help="write the tables into the docs")
    parser.add_argument("--smoke", action="store_true", help="a corner of the set")
    arguments = parser.parse_args()
    folder = arguments.out / arguments.set.replace(":", "-")
    chosen = (1, 2) if arguments.smoke else (arguments.tasks, arguments.folds)
    tables = benchmark(arguments.set, arguments.data, 6 if arguments.smoke else None)
    started = time.process_time()
    if arguments.part == "coverage":
        path = folder / "coverage.csv"
        cover(arguments.set, tables, path, arguments.methods or COVERED, chosen)
        print(pd.read_csv(path).groupby(["method", "known"])[["coverage", "width"]].mean())
    else:
        path = folder / "curves.csv"
        play(arguments.set, tables, path, arguments.methods or METHODS, arguments.budget, chosen)
        found = summary(pd.read_csv(path))
        found.to_csv(folder / "summary.csv", index=False, float_format="%.5g")
        print(table(found))
    print(f"{time.process_time() - started:.0f} processor seconds")
    if arguments.docs:
        write_docs(arguments.out)


if __name__ == "__main__":
    main()
