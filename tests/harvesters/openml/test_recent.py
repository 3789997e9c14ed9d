"""What cancels in a count, corrections of the newest runs, the rotation of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalearn.store import open_store

from .checks import assert_exact, harvest, table_digests
from .loopback import Loopback
from .world import FUNCTIONS, make_world


@pytest.mark.slow
def test_as_many_come_as_go(tmp_path: Path) -> None:
    world, kb = make_world(), tmp_path / "kb"
    with Loopback(world, cap=100) as server:
        harvest(kb, server)
        for run in sorted(world.runs)[10:200:40]:
            task, setup = world.runs[run].task, world.runs[run].setup
            world.delete_run(run)
            world.add_run(max(world.runs) + 2, task, setup, {FUNCTIONS[0]: "0.5"})
        report = harvest(kb, server)
    assert_exact(kb, world)
    assert (report.new, report.vanished) == (5, 5)


@pytest.mark.slow
def test_a_late_row_and_a_lost_one(tmp_path: Path) -> None:
    world, kb = make_world(), tmp_path / "kb"
    late = list(world.evaluations)[7]
    value = world.evaluations.pop(late)
    with Loopback(world, cap=100) as server:
        harvest(kb, server)
        world.evaluations[late] = value
        world.delete_run(sorted(world.runs)[100])
        report = harvest(kb, server)
    assert_exact(kb, world)
    assert (report.new, report.vanished) == (1, 1)


def test_corrections_of_the_newest_runs_are_seen_at_once(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=4, n_setups=30), tmp_path / "kb"
    corrected = sorted(world.runs)[-25::5]  # the newest: half a page of them
    with Loopback(world, cap=50) as server:
        harvest(kb, server)
        for run in corrected:
            world.evaluations[run, FUNCTIONS[0], 1] = "0.125"
        report = harvest(kb, server)
    assert_exact(kb, world)
    assert report.changed == len(corrected)
    assert report.unchanged == len(world.runs) - len(corrected)
    with open_store(kb) as store:
        history = store.sql("SELECT seed, replaced_at FROM evaluation_history")
    assert sorted(history["seed"]) == corrected
    assert history["replaced_at"].notna().all()


@pytest.mark.slow
def test_whoever_comes_once_a_week_still_sees_every_correction_in_28_days(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=12, n_setups=50), tmp_path / "kb"
    with Loopback(world, cap=100) as server:
        harvest(kb, server, day=20_000)
        for run in sorted(world.runs)[::25]:
            world.evaluations[run, FUNCTIONS[0], 1] = "0.125"
        for day in (20_007, 20_014, 20_021, 20_028):
            harvest(kb, server, day=day)
        assert_exact(kb, world)
        before = table_digests(kb)
        n = len(server.requests)
        harvest(kb, server, day=20_028)
    assert table_digests(kb) == before
    assert len(server.requests) - n < 10  # the share of a day is listed once
