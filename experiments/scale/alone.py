"""Questions answered in a process each: processor seconds and peak memory."""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

__all__ = ["Question", "answer_alone", "timed"]

_HERE = Path(__file__).resolve().parents[2]
Question = Callable[[Path], Mapping[str, float]]  # the folder of stores -> figures by name


def timed(run: Callable[[], Any]) -> tuple[float, Any]:
    """Return the processor seconds of a call, and its result."""
    started = time.process_time()
    result = run()
    return time.process_time() - started, result


def answer_alone(
    module: str, about: str | None, questions: Mapping[str, Question], titles: Mapping[str, str]
) -> None:
    """Print a table with a line for each question; numerical libraries have one thread.

    `--code` names a checkout of another commit that answers each question first.

    Args:
        module: The module that is run, which calls this function.
        about: What `--help` says.
        questions: By name.
        titles: Name of a figure -> heading of its column.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--only", nargs="*", default=[*questions])
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "scale")
    parser.add_argument("--code", type=Path, help="checkout of another commit, measured before")
    parser.add_argument("--here", action="store_true", help="answer in this process, as JSON")
    arguments = parser.parse_args()
    if arguments.here:
        found = questions[arguments.only[0]](arguments.folder)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(json.dumps({**found, "peak": peak}))
        return
    print(f"| question | {' | '.join(titles.values())} |")
    print("| --- " * (len(titles) + 1) + "|")
    codes = [*([arguments.code.resolve()] if arguments.code else []), _HERE]
    for name in arguments.only:
        found = [_answered(code, module, name, arguments.folder.resolve()) for code in codes]
        cells = [
            ", ".join(f"{figures[title]:.2f}" for figures in found if title in figures)
            for title in titles
        ]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _answered(code: Path, module: str, name: str, folder: Path) -> dict[str, float]:
    words = [sys.executable, "-W", "ignore", "-m", module, "--here"]
    words += ["--folder", str(folder), "--only", name]
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment = os.environ | threads | {"PYTHONPATH": str(code)}
    done = subprocess.run(
        words, env=environment, cwd=code, stdout=subprocess.PIPE, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found
