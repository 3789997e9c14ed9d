"""What the tests compare: rows of the store with rows of the world."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from pathlib import Path

from metalearn.harvesters.openml import ExchangeLimits
from metalearn.harvesters.openml.measures import metric_of
from metalearn.store import open_store
from metalearn.workflows.harvest.run import HarvestReport, Scope, harvest_openml

from .loopback import Loopback
from .world import World

FLOWS = (10, 20, 30)
# A short limit on time would make faults of a busy machine: tests of slow answers set their own.
QUICK = ExchangeLimits(answer_s=60.0, stall_s=60.0, packed_bytes=4 << 20, body_bytes=16 << 20)


def harvest(
    kb: Path,
    server: Loopback,
    *,
    measures: Sequence[str] = ("predictive_accuracy",),
    flows: Sequence[int] = FLOWS,
    suite: int | None = 99,
    folds: int | None = 0,
    **more: object,
) -> HarvestReport:
    scope = Scope(suite, tuple(flows), (), tuple(measures), folds)
    options = {"rate": 0.0, "backoff_s": 0.001, "limits": QUICK, **more}
    return harvest_openml(kb, scope, server=server.url, **options)


def stored_rows(
    kb: Path, function: str = "predictive_accuracy", *, vanished: bool = False
) -> dict[tuple[int, int], tuple[int, float | None]]:
    """(run, engine) -> task, value; fails if one is stored twice."""
    with open_store(kb) as store:
        frame = store.sql(
            "SELECT run, engine, task, value FROM evaluation WHERE source = 'openml' AND metric = "
            f"'{metric_of(function).name}' AND vanished = {vanished} AND fold = -1"
        )
    found = {}
    for run, engine, task, value in frame.itertuples(index=False):
        key = (int(run), int(engine))
        assert key not in found, f"{key} is stored twice"
        number = None if value is None or math.isnan(value) else float(value)
        found[key] = (int(task.removeprefix("openml:")), number)
    return found


def true_rows(
    world: World, function: str = "predictive_accuracy"
) -> dict[tuple[int, int], tuple[int, float | None]]:
    return {
        (run, engine): (world.runs[run].task, None if value is None else float(value))
        for (run, engine), value in world.rows(function).items()
    }


def assert_exact(kb: Path, world: World, function: str = "predictive_accuracy") -> None:
    assert stored_rows(kb, function) == true_rows(world, function)


def table_digests(kb: Path) -> dict[str, str]:
    """Digest over every row of every table."""
    with open_store(kb) as store:
        names = store.sql(
            "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
            "AND table_catalog = current_database() ORDER BY 1"
        )["table_name"]
        texts = {name: store.sql(f"FROM {name}").to_csv(index=False) for name in names}
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
