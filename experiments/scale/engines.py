"""Whether `collect` stores the same on every engine, also when a worker is killed in mid-run.

python -m experiments.scale.engines [--engines local dask ray]

Four planted tables, sixteen configurations each, collected by this process alone and then on each
engine with two workers (Dask: two threads each): as it is, and with one worker killed by signal 9
after a quarter of the evaluations. A digest covers all that is stored but times; each evaluation
must be there once. An engine whose package is not installed is named. Ray's workers are found by
the title of their processes, which needs Linux.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.learners.evaluation import Procedure
from metalearn.store import open_store
from metalearn.workflows.collect import CollectOptions, collect
from metalearn.workflows.tables.index import table_entries

_OPTIONS = CollectOptions(
    n_configurations=8, time_limit_s=300.0, procedure=Procedure(n_folds=3),
    algorithms=("k_nearest_neighbors", "decision_tree"),
)  # fmt: skip
_N_EVALUATIONS = 4 * 16
_PACKAGES = {"local": "metalearn", "dask": "distributed", "ray": "ray"}
_Kill = Callable[[], object]


def _write_tables(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(4):
        X = pd.DataFrame(rng.normal(size=(120 + 20 * number, 4)), columns=list("abcd"))
        score = X["a"] - X["b"] * X["c"] + 0.3 * rng.normal(size=len(X))
        y = np.where(score > 0, "yes", "no") if number % 2 else score
        X.assign(y=y).to_csv(folder / f"table{number}.csv", index=False)


@contextmanager
def _engine(name: str) -> Iterator[tuple[CollectOptions, _Kill]]:
    """Yield options that name the engine, and what kills one of its workers."""
    if name != "dask":
        yield replace(_OPTIONS, engine=name, jobs=2), _KILLERS[name]
        return
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=2, processes=True, dashboard_address="127.0.0.1:0"
    ) as cluster:
        yield (
            replace(_OPTIONS, engine=name, address=cluster.scheduler_address, jobs=None),
            lambda: os.kill(cluster.workers[0].process.pid, signal.SIGKILL),
        )


def _kill_child() -> None:
    pid = multiprocessing.active_children()[0].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


def _kill_ray_worker() -> None:
    """Kill the first worker of Ray that is at work, as soon as there is one."""
    for _ in range(1000):
        for title in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                if title.read_bytes().startswith(b"ray::_call"):
                    os.kill(int(title.parent.name), signal.SIGKILL)
                    return
        time.sleep(0.01)
    raise RuntimeError("no worker of Ray was at work within ten seconds")


_KILLERS: dict[str, _Kill] = {"local": _kill_child, "ray": _kill_ray_worker}


def _collected(tables: Path, options: CollectOptions, kill: _Kill | None = None) -> list[str]:
    """Return digest, number of evaluations, and status of those of one run."""
    killed = False

    def progress(done: int, total: int) -> None:
        nonlocal killed
        if kill and not killed and done >= total // 4:
            killed = True
            kill()

    with tempfile.TemporaryDirectory() as folder:
        kb = Path(folder) / "my.duckdb"
        report = collect(table_entries(tables), kb, options, progress)
        with open_store(kb) as store:
            rows = store.sql(
                "SELECT task, configuration, metric, fold, fidelity, value, status, reason "
                "FROM evaluation ORDER BY ALL"
            )
            features = store.sql("SELECT task, name, value FROM meta_feature ORDER BY ALL")
    keys = ["task", "configuration", "metric", "fold", "fidelity"]
    text = rows.to_csv(index=False) + features.to_csv(index=False)
    return [
        hashlib.sha256(text.encode()).hexdigest()[:12],
        f"{report.n_evaluations} of {_N_EVALUATIONS}",
        ", ".join(f"{n} {status}" for status, n in report.by_status.items()),
        str(int(rows.duplicated(keys).sum())),
    ]


def main() -> None:
    """Print a table with a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", nargs="*", choices=[*_PACKAGES], default=[*_PACKAGES])
    arguments = parser.parse_args()
    print("| engine | worker killed | digest | evaluations | status | twice |")
    print("| --- | --- | --- | --- | --- | --- |")

    def show(name: str, killed: str, cells: list[str]) -> None:
        print(f"| {' | '.join([name, killed, *cells])} |", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        tables = Path(folder)
        _write_tables(tables)
        show("this process", "no", _collected(tables, _OPTIONS))
        for name in arguments.engines:
            if find_spec(_PACKAGES[name]) is None:
                show(name, "-", [f"{_PACKAGES[name]} is not installed", "", "", ""])
                continue
            with _engine(name) as (options, kill):
                show(name, "no", _collected(tables, options))
                show(name, "yes", _collected(tables, options, kill))


if __name__ == "__main__":
    main()
