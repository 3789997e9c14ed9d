"""Processor seconds and peak memory of methods and commands on large meta-datasets and stores.

python -m experiments.scale.large [--only NAME ...] [--folder DIR]

Each question runs in a process of its own, one thread for numerical libraries. Stores of one and
ten million evaluations are made in the folder if they are not there (two minutes).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from experiments.scale.worlds import large_meta_dataset, large_store
from metalearn.core.task import TargetTask

_STORES = {"1m": (200, 5000), "10m": (2000, 5000)}
_OBSERVED = np.array([1, 5, 77]), np.array([0.4, 0.5, 0.6])


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    result = run()
    return time.process_time() - started, result


def _expected(_: Path) -> dict[str, float]:
    from metalearn.recommenders.expected_score import expected_score

    meta = large_meta_dataset(500, 20_000, missing=0.2)
    fit_s, model = _timed(lambda: expected_score(meta, np.random.default_rng(0)))
    target = TargetTask(meta.meta_features[0], *_OBSERVED)
    return {"fit": fit_s, "answer": _timed(lambda: model.predict(target))[0]}


def _method(name: str, n_tasks: int, folder: Path) -> dict[str, float]:
    del folder
    from metalearn import recommenders

    meta = large_meta_dataset(n_tasks, 5000)
    fit_s, ranker = _timed(lambda: recommenders.get(name)().fit(meta, np.random.default_rng(0)))
    target = TargetTask(meta.meta_features[0], *_OBSERVED)
    return {"fit": fit_s, "answer": _timed(lambda: ranker.score(target))[0]}


def _meta_dataset(name: str, folder: Path) -> dict[str, float]:
    from metalearn.store import open_store

    with open_store(_made(name, folder)) as store:
        return {"answer": _timed(lambda: store.meta_dataset("balanced_accuracy"))[0]}


def _recommend(name: str, folder: Path) -> dict[str, float]:
    from sklearn.datasets import load_iris

    import metalearn

    place = _made(name, folder)
    X, y = load_iris(return_X_y=True)
    with tempfile.TemporaryDirectory() as kept:
        os.environ["METALEARN_CACHE"] = kept
        first, _ = _timed(lambda: metalearn.recommend(X, y, kb=place))
        _forget()
        return {"fit": first, "answer": _timed(lambda: metalearn.recommend(X, y, kb=place))[0]}


def _forget() -> None:
    """Drop what the process remembers, so that the next answer reads the cache on disk."""
    from metalearn.workflows.recommend.recent import RECENT

    RECENT.clear()


def _made(name: str, folder: Path) -> Path:
    place = folder / f"{name}.duckdb"
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        large_store(place, *_STORES[name])
    return place


_QUESTIONS: dict[str, Callable[[Path], dict[str, float]]] = {
    "expected_score, 500 x 20,000, 20 % missing": _expected,
    "average-rank, 2,000 x 5,000": lambda folder: _method("average-rank", 2000, folder),
    "default, 500 x 5,000": lambda folder: _method("default", 500, folder),
    "default, 2,000 x 5,000": lambda folder: _method("default", 2000, folder),
    "meta_dataset, 1 M evaluations": lambda folder: _meta_dataset("1m", folder),
    "meta_dataset, 10 M evaluations": lambda folder: _meta_dataset("10m", folder),
    "recommend, 1 M evaluations": lambda folder: _recommend("1m", folder),
    "recommend, 10 M evaluations": lambda folder: _recommend("10m", folder),
}


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[*_QUESTIONS])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "scale")
    parser.add_argument("--here", action="store_true", help="answer in this process, as JSON")
    arguments = parser.parse_args()
    if arguments.here:
        found = _QUESTIONS[arguments.only[0]](arguments.folder)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(json.dumps(found | {"peak": peak}))
        return
    print("| question | fit or first answer, s | answer, s | peak, GB |")
    print("| --- | --- | --- | --- |")
    for name in arguments.only:
        words = [sys.executable, "-W", "ignore", "-m", "experiments.scale.large", "--here"]
        words += ["--folder", str(arguments.folder), "--only", name]
        threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(
            words, env=os.environ | threads, capture_output=True, text=True, check=True
        )
        found = json.loads(done.stdout.splitlines()[-1])
        cells = [f"{found[key]:.2f}" if key in found else "" for key in ("fit", "answer", "peak")]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
