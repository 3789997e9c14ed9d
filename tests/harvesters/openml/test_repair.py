"""Injured stores are found out and healed; a store can be built from its pages alone."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from metalearn.errors import HarvestError
from metalearn.store import open_store
from metalearn.workflows.harvest.repair import harvest_problems, rebuild_harvest, repair_harvest

from .checks import assert_exact, harvest, stored_rows
from .loopback import Loopback
from .world import World, make_world


@pytest.fixture
def world() -> World:
    return make_world(n_tasks=3, n_setups=10)


def injure(kb: Path, *statements: str) -> None:
    with duckdb.connect(str(kb)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.slow
def test_rebuild_from_pages_needs_no_request_and_gives_the_same_rows(
    tmp_path: Path, world: World
) -> None:
    kb, again = tmp_path / "kb", tmp_path / "again"
    with Loopback(world, cap=40) as server:
        harvest(kb, server)
        for run in sorted(world.runs)[::20]:
            world.delete_run(run)
        key = next(iter(world.evaluations))
        world.evaluations[key] = "0.125"
        harvest(kb, server, reconcile=True)
    n = rebuild_harvest(kb, again)
    assert_exact(again, world)
    assert n == len(stored_rows(kb)) + len(stored_rows(kb, vanished=True))
    assert stored_rows(again, vanished=True) == stored_rows(kb, vanished=True)
    with open_store(kb) as one, open_store(again) as two:
        assert one.snapshot == two.snapshot
        assert two.verify() == []
    with Loopback(world, cap=40) as server:  # the rebuilt store goes on harvesting as usual
        assert harvest(again, server).new == 0
    with pytest.raises(HarvestError, match="exists"):
        rebuild_harvest(kb, again)


@pytest.mark.slow
def test_a_sound_store_has_no_problems(tmp_path: Path, world: World) -> None:
    with Loopback(world, cap=40) as server:
        harvest(tmp_path / "kb", server)
    assert harvest_problems(tmp_path / "kb") == []


def test_wrong_missing_and_extra_rows_are_healed_from_pages(tmp_path: Path, world: World) -> None:
    kb = tmp_path / "kb"
    with Loopback(world, cap=40) as server:
        harvest(kb, server)
    runs = sorted(world.runs)
    injure(
        kb,
        f"UPDATE evaluation_row SET value = 0.5 WHERE seed IN ({runs[0]}, {runs[9]})",
        f"DELETE FROM evaluation_row WHERE seed = {runs[3]}",
        f"INSERT INTO evaluation_row SELECT * REPLACE (77 AS seed) FROM evaluation_row "
        f"WHERE seed = {runs[5]}",
    )
    kinds = {(p.kind, p.n) for p in harvest_problems(kb)}
    assert kinds == {("is not what its page says", 3), ("is in no page", 1)}
    assert repair_harvest(kb, server="http://127.0.0.1:9/nothing") == []  # no request is made
    assert_exact(kb, world)
    with open_store(kb) as store:
        assert store.verify() == []


@pytest.mark.slow
def test_only_injured_and_lost_pages_are_fetched_again(tmp_path: Path, world: World) -> None:
    kb = tmp_path / "kb"
    with Loopback(world, cap=40) as server:
        harvest(kb, server)
        with open_store(kb) as store:
            pages = [p for p in store.pages("openml") if p.location.startswith("evaluation")]
        injure(
            kb,
            f"UPDATE raw_page SET body = 'x'::BLOB WHERE digest = '{pages[0].digest}'",
            f"DELETE FROM raw_page WHERE digest = '{pages[1].digest}'",
        )
        assert len(harvest_problems(kb)) >= 2
        server.forget()
        assert repair_harvest(kb, server=server.url, rate=0.0) == []
    assert sorted(server.paths) == sorted(p.location for p in pages[:2])
    assert_exact(kb, world)
    with open_store(kb) as store:
        assert store.verify() == []
