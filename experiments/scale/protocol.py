"""Processor seconds of `metalearn evaluate`, on this code and on that of another commit.

git worktree add /tmp/before COMMIT
python -m experiments.scale.protocol --data DIR [--code /tmp/before] [--only NAME ...]

`DIR` holds published meta-data sets, the folders `oboe` and `tst-svm` among them. Each command is
a new process with one job, so that its processor seconds are those of all its work. Imports and
reading the store are included. The printed results of both codes are compared, seconds aside.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parents[2]
_FORMATS = {"oboe": "oboe", "tst-svm": "tst"}
_QUESTIONS = {
    "recommenders": (
        "oboe",
        ["--recommenders", "default,average-rank", "-k", "1,3,5,10,20", "--split", "10-fold"],
    ),
    "optimizers": (
        "tst-svm",
        ["--optimizers", "bayesian", "--space", "tst-svm", "-k", "5,10,20,50"],
    ),
}


def _run(code: Path, words: list[str]) -> tuple[float, str]:
    """Return the processor seconds of a command of the code in a folder, and what it prints."""
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment = os.environ | threads | {"PYTHONPATH": str(code), "METALEARN_CACHE": "off"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "metalearn", *words],
        env=environment, cwd=code, capture_output=True, text=True, check=True,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, done.stdout


def _difference(first: dict[str, Any], second: dict[str, Any]) -> float:
    """Return the largest difference of a number in the results."""
    apart = 0.0
    for one, other in zip(first["results"], second["results"], strict=True):
        for key, value in one.items():
            if isinstance(value, float):
                apart = max(apart, abs(value - other[key]))
            elif value != other[key]:
                return float("inf")
    return apart


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--code", type=Path, help="folder of the other code")
    parser.add_argument("--only", nargs="*", default=[*_QUESTIONS])
    arguments = parser.parse_args()
    codes = [*([arguments.code] if arguments.code else []), _HERE]
    print("| evaluate | " + " | ".join(str(code) for code in codes) + " | largest difference |")
    print("| --- |" + " --- |" * (len(codes) + 1))
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.only:
            data, words = _QUESTIONS[name]
            store = Path(folder) / f"{data}.duckdb"
            source = str(arguments.data.resolve() / data)
            _run(_HERE, ["import", _FORMATS[data], source, "--kb", str(store)])
            asked = ["evaluate", "--kb", str(store), *words, "--jobs", "1", "--json"]
            found = [_run(code.resolve(), asked) for code in codes]
            documents = [json.loads(text) for _, text in found]
            apart = _difference(documents[0], documents[-1])
            seconds = " | ".join(f"{spent:.1f}" for spent, _ in found)
            print(f"| {name} | {seconds} | {apart:.1e} |", flush=True)


if __name__ == "__main__":
    main()
