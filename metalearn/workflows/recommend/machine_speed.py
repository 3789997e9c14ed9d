"""How much longer a fit takes on this machine than on the one that the bundled data came from.

A fixed workload of the kind that fits do (sorting, products of matrices, a decision tree, calls of
Python) is timed in processor seconds, once; the figure is kept in the cache of computed values
under the name of the machine, its processor and the versions of the libraries.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import platform
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import median

import numpy as np

from metalearn.core.array_cache import ArrayCache, default_cache
from metalearn.core.code_version import library_versions

__all__ = ["REFERENCE_S", "kept_workload_s", "machine_factor", "measured_slowness",
           "note_on_machine", "slowness_here", "workload_s"]  # fmt: skip

REFERENCE_S = 0.0122
"""Processor seconds of the workload on the machine that measured the bundled data, meanwhile.
`experiments/bundled_data/build.py --export` says when it no longer fits."""
_WORTH_SAYING = 1.5
_BOUNDS = (0.25, 4.0)  # a busy machine must not make a factor that no machine has
_N_REPEATS = 7
_FORM = 1  # raise it when the workload changes


def machine_factor(share: float = 1.0) -> float:
    """Return what seconds of the bundled data are multiplied by for this machine.

    Args:
        share: Share of the timed tasks that are the bundled ones, in [0, 1]; the others were
            measured here, and their seconds hold as they are.
    """
    if not share > 0:
        return 1.0
    return math.exp(share * math.log(slowness_here()))


def note_on_machine(factor: float) -> list[str]:
    """Return a sentence if this machine is much slower or faster than that of the data."""
    if max(factor, 1.0 / factor) < _WORTH_SAYING:
        return []
    return [
        f"a fit takes {factor:.2g} times as long on this machine as on the one that measured the "
        "bundled data: expected seconds are those of this machine"
    ]


@cache
def slowness_here() -> float:
    """Return how many times longer fits take here, measured once a process at most."""
    return measured_slowness()


def measured_slowness() -> float:
    """Return how many times longer the workload takes here, within bounds."""
    return float(np.clip(kept_workload_s(default_cache()) / REFERENCE_S, *_BOUNDS))


def kept_workload_s(kept: ArrayCache, clock: Callable[[], float] = time.thread_time) -> float:
    """Return the seconds of the workload on this machine: kept ones, else measured and kept.

    Args:
        kept: Where they are kept.
        clock: Processor seconds of this thread; other ones may be at work meanwhile.
    """
    key = json.dumps(["seconds of the workload", _FORM, *_machine(), *library_versions()])
    found = kept.read(key)
    if isinstance(found, float) and found > 0:
        return found
    seconds = workload_s(clock)
    kept.keep(key, seconds)
    return seconds


def workload_s(clock: Callable[[], float] = time.thread_time) -> float:
    """Return the processor seconds of the workload: the median of seven runs after a first one.

    Args:
        clock: Processor seconds of this thread; other ones may be at work meanwhile.
    """
    work = _workload()
    work()
    times = []
    for _ in range(_N_REPEATS):
        started = clock()
        work()
        times.append(clock() - started)
    return max(median(times), 1e-6)


def _workload() -> Callable[[], None]:
    from sklearn.tree import DecisionTreeClassifier

    rng = np.random.default_rng(0)
    X, square = rng.normal(size=(1000, 10)), rng.normal(size=(200, 200))
    y = (X[:, 0] + X[:, 1] ** 2 + rng.normal(size=1000) > 1.0).astype(np.int64)
    values, small = rng.normal(size=50_000), rng.normal(size=20)

    def work() -> None:
        DecisionTreeClassifier(random_state=0).fit(X, y)
        np.sort(values)
        for _ in range(3):
            square @ square
        np.linalg.solve(square, square)
        for _ in range(500):
            small.sum()

    return work


def _machine() -> list[str]:
    """Return what distinguishes this machine from others."""
    processor = platform.processor()
    with contextlib.suppress(OSError):  # Linux alone has this file
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
                break
    return [platform.node(), platform.machine(), processor, str(os.cpu_count())]
