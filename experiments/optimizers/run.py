"""Every optimizer, cold, on standard functions, beside Optuna, SMAC3 and pycma in one run.

    python experiments/optimizers/run.py [--seeds 20] [--trials 100] [--out DIR] [--smoke]
        [--functions F,...] [--optimizers O,...] [--peers P,...]
        [--docs docs/evidence/optimizers.md]

Question: without any experience, are our optimizers as good as the established ones? The budget
is counted in full evaluations. Multi-fidelity optimizers see, at fidelity f < 1, the loss plus
(1 - f) times a tenth of the function's spread times a fixed pseudo-random number of the
configuration, and pay f; only full evaluations count as found. Finished runs are kept in
runs.csv, so the command can be stopped, and repeated to add more methods or seeds; `--fresh`
starts anew. Peers (optuna, smac, cma) take part if they are installed. Writes the figure, its
data, and a comparison with each peer; `--docs` puts tables and figure into that page.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from peers import Peer, installed
from report import write_report

from metalearn.core.configuration import Configuration
from metalearn.optimizers import get, names
from metalearn.testing.functions import FUNCTIONS, TestFunction

HERE = Path(__file__).resolve().parent
FIELDS = ("function", "method", "seed", "at", "regret", "seconds_per_suggestion")
CHECKPOINTS = (10, 20, 30, 50, 75, 100)


def steps_of_ours(
    name: str, function: TestFunction, seed: int
) -> Iterator[tuple[float, float, float]]:
    """Yield (cost, loss or NaN if not a full evaluation, seconds) of one trial after the other."""
    optimizer = get(name)(function.space, rng=np.random.default_rng(seed))
    spread = _spread(function)
    while True:
        start = time.process_time()
        (trial,) = optimizer.ask()
        asked = time.process_time() - start
        loss = function.loss(trial.configuration)
        bias = spread / 10 * (1 - trial.fidelity) * _noise(trial.configuration)
        start = time.process_time()
        optimizer.tell(trial.finished(loss + bias))
        told = time.process_time() - start
        yield trial.fidelity, loss if trial.fidelity == 1.0 else np.nan, asked + told


def steps_of_peer(
    make: Callable[..., Peer], function: TestFunction, seed: int
) -> Iterator[tuple[float, float, float]]:
    """Yield the same for a peer."""
    start = time.process_time()
    peer = make(function.space, seed)
    configuration = next(peer)
    while True:
        seconds = time.process_time() - start
        loss = function.loss(configuration)
        yield 1.0, loss, seconds
        start = time.process_time()
        configuration = peer.send(loss)


def run(
    steps: Iterator[tuple[float, float, float]], minimum: float, trials: int
) -> list[tuple[int, float, float]]:
    """Return (evaluations, regret, mean seconds a suggestion) at each checkpoint."""
    rows, best, spent, seconds, count = [], np.inf, 0.0, 0.0, 0
    left = [at for at in CHECKPOINTS if at <= trials] or [trials]
    for cost, loss, took in steps:
        if spent + cost > left[0] + 1e-9:
            rows.append((left.pop(0), best - minimum, seconds / max(count, 1)))
            if not left:
                return rows
        best = np.fmin(best, loss)
        spent, seconds, count = spent + cost, seconds + took, count + 1
    return rows


def _noise(configuration: Configuration) -> float:
    return int(configuration.key[:8], 16) / 0xFFFFFFFF


def _spread(function: TestFunction) -> float:
    drawn = function.space.sample(200, np.random.default_rng(0))
    return float(np.ptp(np.quantile([function.loss(c) for c in drawn], [0.05, 0.95])))


def measure(options: argparse.Namespace, path: Path) -> None:
    """Run what is not in the file yet, and add it."""
    done: set[tuple[str, str, int]] = set()
    if path.exists():
        table = pd.read_csv(path)
        done = set(zip(table["function"], table["method"], table["seed"], strict=True))
    else:
        path.write_text(",".join(FIELDS) + "\n")
    peers = {name: make for name, make in installed().items() if name in options.peers}
    for seed in range(options.seeds):
        for function in (FUNCTIONS[name] for name in options.functions):
            for method in (*options.optimizers, *peers):
                if (function.name, method, seed) in done:
                    continue
                steps = (
                    steps_of_peer(peers[method], function, seed)
                    if method in peers
                    else steps_of_ours(method, function, seed)
                )
                try:
                    rows = run(steps, function.minimum, options.trials)
                except NotImplementedError:
                    continue
                with path.open("a", newline="") as file:
                    csv.writer(file).writerows(
                        (function.name, method, seed, at, f"{regret:.6g}", f"{each:.3g}")
                        for at, regret, each in rows
                    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words = lambda text: [w for w in text.split(",") if w]  # noqa: E731 (a type for argparse)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--functions", type=words, default=list(FUNCTIONS))
    parser.add_argument("--optimizers", type=words, default=list(names()))
    parser.add_argument("--peers", type=words, default=list(installed()))
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--docs", type=Path, help="page that is to show the tables")
    parser.add_argument("--fresh", action="store_true", help="forget the runs in the folder")
    parser.add_argument(
        "--smoke", action="store_true", help="two seeds, ten trials, two functions"
    )
    options = parser.parse_args()
    if options.smoke:
        options.seeds, options.trials, options.functions = 2, 10, ["branin", "conditional"]
        options.peers = [peer for peer in options.peers if peer != "SMAC3"]  # slow to start
    options.out.mkdir(parents=True, exist_ok=True)
    path = options.out / "runs.csv"
    if options.fresh:
        path.unlink(missing_ok=True)
    measure(options, path)
    write_report(pd.read_csv(path), options.out, options.docs)


if __name__ == "__main__":
    main()
