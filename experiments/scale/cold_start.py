"""Processor seconds of a recommendation with and without what earlier calls kept.

python -m experiments.scale.cold_start [--repeats 3] [--only recommend] [--code DIR]

Each line is a new process that first imports every module a recommendation uses, so that only
the work itself is measured: opening the store, the answer for a table, and the same answer again
in the same process. "nothing kept" has the cache switched off; "first" fills an empty cache;
"second" finds it filled. The advice that AutoML takes at the start of a fit is measured alike.
`--code` names a checkout of another commit, measured in turn with this one.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

_PROBE = """
import importlib, json, sys, time
from sklearn.datasets import load_iris
what, modules = sys.argv[1], json.loads(sys.argv[2])
for name in modules:
    importlib.import_module(name)
import metalearn
from metalearn.store import open_store
X, y = load_iris(return_X_y=True)

def ask():
    started = time.process_time()
    with open_store() as store:
        opened = time.process_time()
        if what == "advice":
            from metalearn.automl.advice import advice_for
            from metalearn.workflows.tables.reading import checked_table
            found = advice_for(checked_table(X, y), "log_loss", kb=store)
            found.order()
        else:
            metalearn.recommend(X, y, k=5, kb=store)
    return opened - started, time.process_time() - opened

first = ask()
warm = [sum(ask()) for _ in range(5)]
ours = ("metalearn", "sklearn", "scipy", "duckdb", "pandas")
names = sorted(name for name in sys.modules if name.split(".")[0] in ours)
print(json.dumps([*first, sorted(warm)[2], names]))
"""


def _run(code: Path, what: str, modules: list[str], cache: str) -> tuple[list[float], list[str]]:
    """Return seconds of opening, of the answer, and of a warm call; and the modules loaded."""
    words = [sys.executable, "-W", "ignore", "-c", _PROBE, what, json.dumps(modules)]
    environment = os.environ | {"METALEARN_CACHE": cache, "PYTHONPATH": str(code)}
    done = subprocess.run(
        words, env=environment, cwd=code, capture_output=True, text=True, check=True
    )
    *seconds, names = json.loads(done.stdout.splitlines()[-1])
    return seconds, names


def main() -> None:
    """Print a table of processor seconds; with another commit, its figures before ours."""
    here = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=["recommend", "advice"])
    parser.add_argument("--code", type=Path, help="checkout of the other commit")
    arguments = parser.parse_args()
    codes = [*([arguments.code.resolve()] if arguments.code else []), here]
    print("| question | cache | opening the store | answer | again, opening included |")
    print("| --- | --- | --- | --- | --- |")
    for what in arguments.only:
        modules = [_run(code, what, [], "off")[1] for code in codes]
        found: dict[tuple[str, Path], list[list[float]]] = {}
        for _ in range(arguments.repeats):
            for code, names in zip(codes, modules, strict=True):
                for cache, seconds in _measured(code, what, names):
                    found.setdefault((cache, code), []).append(seconds)
        for cache in ("nothing kept", "first", "second"):
            middle = [np.median(found[cache, code], axis=0) for code in codes]
            cells = [", ".join(f"{value:.3f}" for value in pair) for pair in np.transpose(middle)]
            print(f"| {what} | {cache} | {' | '.join(cells)} |", flush=True)


def _measured(code: Path, what: str, modules: list[str]) -> Iterator[tuple[str, list[float]]]:
    """Yield the state of the cache and the seconds of one process after another."""
    with tempfile.TemporaryDirectory() as folder:
        for name, cache in (("nothing kept", "off"), ("first", folder), ("second", folder)):
            yield name, _run(code, what, modules, cache)[0]


if __name__ == "__main__":
    main()
