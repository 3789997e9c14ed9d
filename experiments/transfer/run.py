"""Which way of learning from other tasks helps a search most?

    python experiments/transfer/run.py DATA [--set tst-svm] [--methods M ...] [--seeds 5]
        [--budget 50] [--out DIR] [--docs] [--smoke]

DATA is the folder with the published sets. `tst-svm`: the 288 support vector machines of 50 tasks
(Wistuba, Schilling & Schmidt-Thieme 2016) as tables; one task is left out at a time and searched,
the other 49 are known. `bundled:ALGORITHM` takes the bundled runs of an algorithm in its place.

Every transfer surrogate drives the same optimizer and is given the same: the runs of the known
tasks and how similar these seem to be by meta-features, but no initial design. `default` is what
`warm_start` and the optimizer `bayesian` make of it together, as users have it. Beside them are a
Gaussian process that knows of no other task (`gp-ei`, three Sobol points first) and the
exact expectation of random search.

Finished searches are kept in curves.csv, so the command can be stopped, and repeated to add more;
delete the file after a change of the code. `--docs` writes the table into
docs/evidence/surrogates.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import zlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.core.warm_start import WarmStart
from metalearn.numerics.statistics.bootstrap import bootstrap_means
from metalearn.numerics.statistics.regret import expected_random_regret
from metalearn.optimizers.bayesian import Bayesian
from metalearn.workflows.evaluate.benchmarks import TableBenchmark, table_benchmark
from metalearn.workflows.evaluate.folds import task_folds
from metalearn.workflows.evaluate.play_optimizer import play_search
from metalearn.workflows.import_published import import_published
from metalearn.workflows.warm_start.build import WarmStartRequest, warm_start_from

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.csv_rows import append_rows
from experiments.pages import write_parts

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "evidence" / "surrogates.md"
TRANSFER = ("soft-taf", "taf", "tst-r", "tst-m", "smfo", "rgpe", "pogpe", "stacked", "multitask",
            "ablr", "copula")  # fmt: skip
METHODS = ("default", *TRANSFER, "gp-ei", "random")
SEVERAL = ("gp-ei", "rgpe", "multitask")
"""Methods that draw: their searches differ by more than the order of ties."""
BUDGETS = (5, 10, 20, 50)
JAVA = {
    "TST-R, authors' program": (0.069, 0.032, 0.017, 0.004),
    "GP-EI, authors' program": (0.130, 0.069, 0.035, 0.017),
}
FIELDS = ("set", "method", "task", "seed", "at", "regret", "seconds")
DESIGN = 10


def benchmark(name: str, data: Path) -> TableBenchmark:
    """Return a set as tables."""
    if name.startswith("bundled:"):
        return table_benchmark(None, name.removeprefix("bundled:"))
    with tempfile.TemporaryDirectory() as scratch:
        kb = Path(scratch) / "runs.duckdb"
        import_published("tst", data / name, kb)
        return table_benchmark(kb, name)


def optimizer(method: str, known: WarmStart, rng: np.random.Generator) -> Bayesian:
    """Return the optimizer of a method.

    `design-K` and `design-K-no-prior` are the default with another length of the initial design.
    """
    if method == "default":
        return Bayesian(known.space, initial=known, rng=rng)
    if method == "gp-ei":
        return Bayesian(known.space, rng=rng, n_start=3)
    if method.startswith("design-"):
        length, *without = method.removeprefix("design-").split("-", 1)
        shown = replace(known, configurations=known.configurations[: int(length)])
        shown = replace(shown, prior=None) if without else shown
        return Bayesian(known.space, initial=shown, rng=rng)
    alone = replace(known, configurations=(), prior=None)
    return Bayesian(known.space, initial=alone, rng=rng, surrogate=method)


def searched(
    tables: TableBenchmark, known: WarmStart, task: int, method: str, seed: int, budget: int
) -> tuple[Floats, float]:
    """Return `(budget,)` normalized regrets of the best so far, and seconds a suggestion."""
    answers = tables.answers(task)
    low, high = answers.losses.min(), answers.losses.max()
    if method == "random":
        row = (answers.losses[None] - low) / (high - low)
        curve = [float(expected_random_regret(row, k)[0]) for k in range(1, budget + 1)]
        return np.array(curve), 0.0
    rng = np.random.default_rng([seed, task, zlib.crc32(method.encode())])
    played = play_search(optimizer(method, known, rng), answers, budget)
    return (played.losses - low) / (high - low), played.seconds / played.n_asked


def play(
    name: str, data: Path, path: Path, methods: Iterable[str], seeds: int, budget: int,
    n_tasks: int | None,
) -> None:  # fmt: skip
    """Search every task with every method, and append what is not in the file yet."""
    tables = benchmark(name, data)
    if n_tasks is not None:
        chosen = np.random.default_rng(0).permutation(len(tables.sources.histories))[:n_tasks]
        tables = TableBenchmark(tables.sources.take(np.sort(chosen)))
    sources, done = tables.sources, set()
    if path.exists():
        kept = pd.read_csv(path)
        done = set(zip(kept["set"], kept["method"], kept["task"], kept["seed"], strict=True))
    for train, held_out in task_folds(sources.described.groups, "leave-one-task-out", 0):
        for task in held_out:
            if not np.ptp(sources.histories[task].y) > 0:
                continue
            label = sources.described.tasks[task].name
            missing = [
                (method, seed)
                for method in methods
                for seed in range(seeds if method in SEVERAL else 1)
                if (name, method, label, seed) not in done
            ]
            if not missing:
                continue
            features = sources.described.meta_features[task]
            known = warm_start_from(sources.take(train), features, WarmStartRequest(k=DESIGN))
            for method, seed in missing:
                n = min(budget, len(sources.histories[task]))
                curve, seconds = searched(tables, known, int(task), method, seed, n)
                rows = [(name, method, label, seed, k, f"{regret:.6g}", f"{seconds:.4g}")
                        for k, regret in enumerate(curve, 1)]  # fmt: skip
                append_rows(path, FIELDS, rows)
        print(f"{name}: {sources.described.tasks[held_out[-1]].name}", flush=True)


def summary(curves: pd.DataFrame) -> pd.DataFrame:
    """Return mean regrets with 95 % bootstrap intervals over tasks, seeds averaged first."""
    rows = []
    for method, part in curves.groupby("method", sort=False):
        seeds_first = part.pivot_table(index="task", columns="at", values="regret")
        wide = seeds_first[[k for k in BUDGETS if k in seeds_first]].dropna(axis=1)
        low, high = bootstrap_means(wide.to_numpy(), np.random.default_rng(0))
        rows += [
            {"method": method, "k": k, "regret": wide[k].mean(), "low": low[i], "high": high[i],
             "n_tasks": len(wide), "n_seeds": part["seed"].nunique(),
             "ms": 1e3 * part["seconds"].mean()}
            for i, k in enumerate(wide.columns)
        ]  # fmt: skip
    return pd.DataFrame(rows)


def table(found: pd.DataFrame, java: dict[str, tuple[float, ...]]) -> str:
    """Return the summary as a Markdown table, the lowest mean of a column in bold."""
    ks = sorted(found["k"].unique())
    best = found.groupby("k")["regret"].min()
    order = [m for m in METHODS if m in set(found["method"])]
    order += [m for m in found["method"].unique() if m not in order]
    lines = [
        "| method | " + " | ".join(f"after {k}" for k in ks) + " | seeds | ms a suggestion |",
        "| --- |" + " ---: |" * (len(ks) + 2),
    ]
    for method in order:
        part = found[found["method"] == method].set_index("k")
        cells = []
        for k in ks:
            if k not in part.index:
                cells.append("")
                continue
            row = part.loc[k]
            text = f"{row['regret']:.3f}"
            text = f"**{text}**" if row["regret"] == best[k] else text
            cells.append(f"{text} ({row['low']:.3f} to {row['high']:.3f})")
        seeds, ms = part["n_seeds"].iloc[0], part["ms"].iloc[0]
        last = ["exact", ""] if method == "random" else [f"{seeds}", f"{ms:.0f}"]
        lines.append(f"| {method} | " + " | ".join([*cells, *last]) + " |")
    for name, values in java.items():
        shown = [f"{value:.3f}" for value in values[: len(ks)]]
        lines.append(f"| {name} | " + " | ".join([*shown, "", ""]) + " |")
    return "\n".join(lines)


def main() -> None:
    """Play, summarize, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--set", default="tst-svm")
    parser.add_argument("--methods", nargs="+", default=METHODS)
    parser.add_argument("--seeds", type=int, default=5, help="of methods that draw")
    parser.add_argument("--budget", type=int, default=50)
    parser.add_argument("--tasks", type=int, help="only so many tasks, drawn at random")
    parser.add_argument("--out", type=Path, default=HERE / "out")
    parser.add_argument("--docs", action="store_true", help="write the table into the docs")
    parser.add_argument("--smoke", action="store_true", help="a corner of the set")
    arguments = parser.parse_args()
    folder = arguments.out / arguments.set.replace(":", "-")
    started = time.process_time()
    play(
        arguments.set, arguments.data, folder / "curves.csv", arguments.methods,
        1 if arguments.smoke else arguments.seeds, arguments.budget,
        4 if arguments.smoke else arguments.tasks,
    )  # fmt: skip
    found = summary(pd.read_csv(folder / "curves.csv"))
    found.to_csv(folder / "summary.csv", index=False, float_format="%.5g")
    text = table(found, JAVA if arguments.set == "tst-svm" else {})
    print(f"{text}\n{time.process_time() - started:.0f} s")
    if arguments.docs:
        write_parts(PAGE, {"tst-svm": text})


if __name__ == "__main__":
    main()
