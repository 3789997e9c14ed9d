"""Seconds and peak memory of `metalearn recommend` in a cold process, by size of the table.

python experiments/recommend_cost/run.py [--repeats 3] [--out DIR]
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

SIZES = ((150, 4), (10_000, 50), (100_000, 100))


def write_table(path: Path, n_rows: int, n_columns: int) -> None:
    """Write a table of numbers and a few categories with a learnable target."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(n_rows, n_columns)).round(4))
    frame.columns = [f"x{j}" for j in range(n_columns)]
    for j in range(0, n_columns, 10):
        frame[f"x{j}"] = rng.choice(list("abcde"), n_rows)
    score = frame["x1"] + frame["x2"] * frame["x3"] + rng.normal(size=n_rows)
    frame["target"] = np.where(score > 0.5, "yes", "no")
    frame.to_csv(path, index=False)


PROBE = """
import sys
words = sys.argv[1:]
if words:
    from metalearn.cli import main
    assert main(words) == 0
else:
    import metalearn
with open("/proc/self/status") as status:  # the peak of this process alone
    print(next(line.split()[1] for line in status if line.startswith("VmHWM")), file=sys.stderr)
"""


def measure(words: list[str]) -> tuple[float, float, float]:
    """Return seconds on the clock, processor seconds and peak memory in MiB of a cold command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words], capture_output=True, text=True, check=True
    )
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, processor, int(done.stderr.split()[-1]) / 1024


def main() -> None:
    """Measure each size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--smoke", action="store_true", help="the smallest size, once")
    arguments = parser.parse_args()
    rows = []
    measured = [measure([]) for _ in range(arguments.repeats)]
    rows.append(("import metalearn", *np.median(measured, axis=0)))
    with tempfile.TemporaryDirectory() as folder:
        for n_rows, n_columns in SIZES[: 1 if arguments.smoke else None]:
            path = Path(folder) / f"{n_rows}.csv"
            write_table(path, n_rows, n_columns)
            words = ["recommend", str(path), "--target", "target"]
            repeats = 1 if arguments.smoke else arguments.repeats
            measured = [measure(words) for _ in range(repeats)]
            rows.append((f"{n_rows} x {n_columns}", *np.median(measured, axis=0)))
    frame = pd.DataFrame(rows, columns=["what", "seconds", "processor_s", "peak_mib"]).round(2)
    print(frame.to_string(index=False))
    arguments.out.mkdir(parents=True, exist_ok=True)
    frame.to_csv(arguments.out / "cost.csv", index=False)


if __name__ == "__main__":
    main()
