"""How fast, how large, how lean is a harvest? 200,000 evaluations from a server on this machine.

Run from the root of the repository:

    python -m experiments.harvest.run [--smoke] [--out FILE]

A process serves a made-up OpenML on 127.0.0.1 (the server of the tests); another one harvests it
without a rate limit, then again unchanged, then after 1 % new and 0.1 % late rows. Prints a table
and writes `result.json`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.harvest.server import FrozenLoopback
from tests.harvesters.openml.world import FUNCTIONS, World, make_world

HERE = Path(__file__).parent


def serve(sizes: tuple[int, int], stage: str, cap: int, channel: Any) -> None:
    """Serve the world of one stage until told to stop; then tell the number of requests."""
    with FrozenLoopback(world_of(sizes, stage), cap=cap) as server:
        channel.send(server.url)
        channel.recv()
        channel.send(len(server.requests))


def world_of(sizes: tuple[int, int], stage: str) -> World:
    """Return the world as it is first, or with new and late rows."""
    world = make_world(*sizes, functions=FUNCTIONS[:1])
    keys = list(world.evaluations)
    late = keys[7::1000]
    if stage == "first":
        for key in late:
            del world.evaluations[key]
        return world
    top, tasks, setups = max(world.runs), sorted(world.tasks), sorted(world.setups)
    for i in range(len(keys) // 100):
        task, setup = tasks[i % len(tasks)], setups[(7 * i) % len(setups)]
        world.add_run(top + 1 + i, task, setup, {FUNCTIONS[0]: repr(0.3 + i / 1e5)})
    return world


def harvest(url: str, kb: str, channel: Any) -> None:
    """Harvest in a process of its own, and tell what it took."""
    from metalearn.workflows.harvest.run import Scope, harvest_openml

    began = time.perf_counter()
    scope = Scope(99, (10, 20, 30), (), FUNCTIONS[:1])
    report = harvest_openml(Path(kb), scope, server=url, rate=0.0)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    channel.send(
        {
            "wall_s": round(time.perf_counter() - began, 1),
            "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
            "peak_mib": round(usage.ru_maxrss / 1024),
            "requests": report.requests,
            "new": report.new,
            "unchanged": report.unchanged,
            "complete": report.is_complete,
            "received_mb": round(report.received_bytes / 1e6, 1),
        }
    )


def in_process(target: Any, *arguments: Any) -> tuple[Any, Any]:
    """Start a function in a fresh process; return it and our end of its channel."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(*arguments, theirs), daemon=True)
    process.start()
    return process, ours


def main(argv: Sequence[str] | None = None) -> int:
    """Run the three harvests and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a hundredth of the size")
    parser.add_argument("--out", type=Path, default=HERE / "result.json")
    arguments = parser.parse_args(argv)
    sizes, cap = ((4, 170), 200) if arguments.smoke else ((40, 1667), 1000)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        kb = Path(folder) / "kb.duckdb"
        for title, stage in (("first", "first"), ("unchanged", "first"), ("new + late", "later")):
            server, channel = in_process(serve, sizes, stage, cap)
            process, told = in_process(harvest, channel.recv(), str(kb))
            result = {"harvest": title, **told.recv()}
            process.join()
            channel.send("stop")
            channel.recv()
            server.join()
            result["store_mb"] = round(kb.stat().st_size / 1e6, 1)
            results.append(result)
            print(json.dumps(result), flush=True)
    if not arguments.smoke:
        arguments.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0 if all(result["complete"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
