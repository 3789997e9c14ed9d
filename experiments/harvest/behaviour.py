"""How exact and how polite is a harvest: of a sound server, a failing, a lying and a moving one?

Run from the root of the repository:

    python -m experiments.harvest.behaviour [--smoke] [--out FILE]

Harvests a made-up OpenML of 20,040 evaluations (20 tasks, three flows of 334 setups) over real
sockets, compares every stored row with the server's, and counts requests. Servers that fail or lie
are harvested with many seeds; they are a tenth as large, with a tenth of the page cap. Prints
tables and writes `behaviour.json`.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from experiments.harvest.server import FrozenLoopback
from metalearn.workflows.harvest.run import HarvestReport
from tests.harvesters.openml.checks import harvest, stored_rows, table_digests, true_rows
from tests.harvesters.openml.loopback import Loopback
from tests.harvesters.openml.test_faults import FAILURES, LIES, at_random
from tests.harvesters.openml.world import World, make_world

HERE = Path(__file__).parent
MEASURE = "predictive_accuracy"
Fault = Callable[[str, int], str | None]
WORLDS = {
    "failing": (FAILURES, 0.4, False),
    "failing, also as no results": ((*FAILURES, "none"), 0.4, False),
    "lying listings": (LIES, 0.25, True),
}


@dataclass(frozen=True)
class Size:
    """Size of the world and of the experiment."""

    n_tasks: int
    n_setups: int
    caps: tuple[int, ...]
    n_seeds: int
    healthy_caps: tuple[int, ...]

    @property
    def quarter(self) -> Size:
        """A quarter of the tasks."""
        return replace(self, n_tasks=max(2, self.n_tasks // 4))

    @property
    def tenth(self) -> Size:
        """A tenth of the rows: at a tenth of the cap, they take the same requests."""
        return replace(self, n_setups=max(3, self.n_setups // 10))


CHANGES = ((500, 10), (100, 50), (50, 100))  # new, late, double rows: at most, share of the rows
FULL, SMOKE = (
    Size(20, 334, (10_000, 1_000), 20, (100, 300, 1_000, 3_000, 10_000)),
    Size(2, 8, (40,), 2, (20,)),
)


def honest(_path: str, _number: int) -> None:
    """Answer every request as it should be."""


def world_of(size: Size, *, late: bool) -> tuple[World, dict[tuple[str, str, int], str | None]]:
    """Return the world, and a hundredth of its evaluations, held back if they are to come late."""
    world = make_world(size.n_tasks, size.n_setups)
    keys = list(world.evaluations)[5::100] if late else []
    return world, {key: world.evaluations.pop(key) for key in keys}


@contextmanager
def store() -> Iterator[Path]:
    """Give a place for a store."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "kb"


def run(
    kb: Path, world: World, cap: int, fault: Fault = honest, *, reconcile: bool = False
) -> tuple[HarvestReport, bool]:
    """Harvest, and tell whether the store is exactly what the server holds."""
    with FrozenLoopback(world, cap=cap, fault=fault) as server:
        report = harvest(kb, server, reconcile=reconcile)
        is_polite = server.peak == 1
    is_exact = stored_rows(kb) == true_rows(world) and report.is_complete and is_polite
    return report, is_exact


def incremental(size: Size, cap: int) -> list[dict[str, object]]:
    """Harvest first, unchanged, and after one per cent of new and of late evaluations."""
    world, held = world_of(size, late=True)
    with store() as kb:
        first, is_exact = run(kb, world, cap)
        each = first.requests / len(world.evaluations)
        rows = [_row(cap, "first", first, is_exact, per_evaluation=each)]
        before = table_digests(kb)
        second, is_exact = run(kb, world, cap)
        is_equal = is_exact and table_digests(kb) == before
        share = second.requests / first.requests
        rows.append(_row(cap, "unchanged", second, is_equal, share=share))
        world.evaluations |= held
        top, tasks = max(world.runs), sorted(world.tasks)
        for i in range(len(held)):
            setup = 500 + (7 * i) % (3 * size.n_setups)
            values = {MEASURE: repr(0.3 + i / 1e4)}
            world.add_run(top + 1 + i, tasks[i % len(tasks)], setup, values)
        third, is_exact = run(kb, world, cap)
        is_found = is_exact and third.new == 2 * len(held)
        share = third.requests / first.requests
        rows.append(_row(cap, "1 % new, 1 % late", third, is_found, share=share))
    return rows


def healthy(size: Size, cap: int) -> list[dict[str, object]]:
    """Harvest a sound server with pending, failed and wrong runs, unchanged and then changed."""
    world = make_world(size.n_tasks, size.n_setups, hidden=0.1)
    with store() as kb:
        first, is_exact = run(kb, world, cap)
        each = first.requests / len(world.evaluations)
        rows = [_row(cap, "first", first, is_exact, per_evaluation=each)]
        before = table_digests(kb)

        def again(title: str, n_new: int = 0, *, reconcile: bool = False) -> None:
            report, is_exact = run(kb, world, cap, reconcile=reconcile)
            is_right = is_exact and report.new == n_new
            if not n_new:
                is_right &= table_digests(kb) == before
            rows.append(_row(cap, title, report, is_right, share=report.requests / first.requests))

        again("second, unchanged")
        again("third, unchanged")
        counts = change(world, len(world.evaluations))
        title = "{} new, {} late, {} double rows".format(*counts)
        again(title, sum(counts))
        n_back = correct(world)
        again("corrected, deleted, reset, second engine: --reconcile", n_back, reconcile=True)
    return rows


def change(world: World, n: int) -> tuple[int, int, int]:
    """Add new runs, let pending ones get their evaluation, and some new ones a second row."""
    n_new, n_late, n_double = (min(most, n // share) for most, share in CHANGES)
    waiting = [
        run.run
        for run in world.runs.values()
        if not (run.error or run.evaluation_error or (run.run, MEASURE, 1) in world.evaluations)
    ][:n_late]
    world.evaluations |= {(run, MEASURE, 1): "0.625" for run in waiting}
    top, tasks, setups = max(world.runs), sorted(world.tasks), sorted(world.setups)
    for i in range(n_new):
        top += 1 + i % 2
        task, setup = tasks[i % len(tasks)], setups[(7 * i) % len(setups)]
        world.add_run(top, task, setup, {MEASURE: repr(0.3 + i / 1e5)})
        if i < n_double:
            world.evaluations[top, MEASURE, 2] = "0.75"
    return n_new, len(waiting), n_double


def correct(world: World) -> int:
    """Correct, delete, reset and doubly evaluate a hundredth each; return the rows that come."""
    keys = [key for key in world.evaluations if key[2] == 1 and (*key[:2], 2) not in
            world.evaluations]  # fmt: skip
    world.evaluations |= dict.fromkeys(keys[::100], "0.125")
    for run, _, _ in keys[1::100]:
        world.delete_run(run)
    for key in keys[2::100]:
        del world.evaluations[key]
    world.evaluations |= {(run, name, 2): "0.5" for run, name, _ in keys[3::100]}
    return len(keys[3::100])


def _row(
    cap: int, title: str, report: HarvestReport, is_exact: bool, **more: float
) -> dict[str, object]:
    return {"cap": cap, "harvest": title, "found": report.new, "exact": is_exact,
            "requests": report.requests, **more}  # fmt: skip


def faulty(size: Size, cap: int, title: str, *, late: bool) -> dict[str, object]:
    """Harvest a server that fails or lies at random, seed by seed.

    A request that fails with probability q takes 1 / (1 - q) of them on average; over n requests,
    the ratio has a standard deviation of sqrt(q / n) / (1 - q): 1.667 and 0.105 for 0.4 and 100.
    """
    kinds, share, only_lists = WORLDS[title]
    world, _ = world_of(size, late=late)
    with store() as kb:
        base, _ = run(kb, world, cap)
    ratios, n_exact, beyond = [], 0, []
    for seed in range(size.n_seeds):
        at = at_random(kinds, share, seed)
        fault: Fault = (
            (lambda p, n, at=at: at(p, n) if "/list" in p else None) if only_lists else at
        )
        with store() as kb:
            report, is_exact = run(kb, world, cap, fault)
        n_exact += is_exact
        ratios.append(report.requests / base.requests)
        beyond.append(report.requests - sum(report.faults.values()) - base.requests)
    return {
        "server": title, "cap": cap, "runs_without_evaluation": late, "requests": base.requests,
        "seeds": size.n_seeds, "exact": n_exact, "mean": float(np.mean(ratios)),
        "sd": float(np.std(ratios, ddof=1)),
        "least": min(ratios), "most": max(ratios),
        "beyond_faults": float(np.mean(beyond)),
    }  # fmt: skip


def _on_lists(fault: Fault) -> Fault:
    return lambda path, number: fault(path, number) if "/list" in path else None


def moving(size: Size, cap: int) -> dict[str, object]:
    """Harvest while runs come and go before every request; what stayed must be there, once."""
    world, _ = world_of(size, late=False)
    rng = np.random.default_rng(3)
    stable = set(list(world.runs)[::2])
    leaving = [run for run in world.runs if run not in stable]
    first = len(world.runs)

    def move(path: str, _number: int) -> None:
        if "evaluation" in path:
            for _ in range(5):
                if leaving and rng.random() < 0.5:
                    world.delete_run(leaving.pop(int(rng.integers(len(leaving)))))
                fresh, setup = max(world.runs) + 1, 500 + int(rng.integers(3 * size.n_setups))
                world.add_run(fresh, 31, setup, {MEASURE: "0.5"})

    with store() as kb, Loopback(world, cap=cap, before=move) as server:
        report = harvest(kb, server)
        stored = stored_rows(kb)  # fails if a row is there twice
    truth = true_rows(world)
    found = sum(stored.get((run, 1)) == truth[run, 1] for run in stable)
    return {"cap": cap, "evaluations": first, "stable": len(stable), "found": found,
            "share": found / len(stable), "requests": report.requests}  # fmt: skip


def table(rows: Sequence[dict[str, object]]) -> str:
    """Return rows as a table in Markdown."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(_text(name, row.get(name)) for name in names) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def _text(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if name == "share":
            return f"{100 * value:.1f} %"
        return f"{value:.4f}" if name == "per_evaluation" else f"{value:.2f}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def main(argv: Sequence[str] | None = None) -> int:
    """Run everything, print the tables, and return 1 if anything was not exact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a small world, two seeds")
    parser.add_argument("--healthy", action="store_true", help="only the sound server")
    parser.add_argument("--out", type=Path, default=HERE / "behaviour.json")
    arguments = parser.parse_args(argv)
    size = SMOKE if arguments.smoke else FULL
    parts: dict[str, list[dict[str, object]]] = {
        "healthy": [],
        "incremental": [],
        "faulty": [],
        "moving": [],
    }

    def note(part: str, rows: list[dict[str, object]]) -> None:
        parts[part] += rows
        for row in rows:
            print(json.dumps(row), file=sys.stderr, flush=True)

    for cap in size.healthy_caps:
        note("healthy", healthy(size.quarter, cap))
    for cap in () if arguments.healthy else size.caps:
        note("incremental", incremental(size, cap))
        for title in WORLDS:
            for late in (False, True) if title == "failing" else (False,):
                note("faulty", [faulty(size.tenth, cap // 10, title, late=late)])
        note("moving", [moving(size, cap)])
    for part, rows in parts.items():
        print(f"{part}\n\n{table(rows)}\n")
    document = {"size": asdict(size), **parts}
    arguments.out.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    is_exact = all(row["exact"] for row in [*parts["healthy"], *parts["incremental"]])
    is_exact &= all(row["exact"] == row["seeds"] for row in parts["faulty"])
    return 0 if is_exact else 1


if __name__ == "__main__":
    sys.exit(main())
