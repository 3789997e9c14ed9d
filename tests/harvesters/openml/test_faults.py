"""A server that fails, lies, dawdles and moves: the store must still be exact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from metalearn.errors import HarvestError
from metalearn.harvesters.openml import ExchangeLimits

from .checks import assert_exact, harvest, stored_rows, true_rows
from .loopback import Loopback
from .world import World, make_world

FAILURES = ("500", "502", "107", "reset", "cut", "html", "empty", "badgzip", "429")
LIES = ("none", "short", "repeat", "foreign")


@pytest.fixture
def world() -> World:
    return make_world(n_tasks=6, n_setups=30)


def at_random(kinds: tuple[str, ...], share: float, seed: int) -> Callable[[str, int], str | None]:
    rng = np.random.default_rng(seed)

    def fault(path: str, number: int) -> str | None:
        is_hit = rng.random() < share
        kind = kinds[rng.integers(len(kinds))]
        return kind if is_hit else None

    return fault


@pytest.mark.slow
def test_two_answers_in_five_fail(tmp_path: Path, world: World) -> None:
    with Loopback(world, cap=100) as server:
        honest = harvest(tmp_path / "honest", server)
    with Loopback(world, cap=100, fault=at_random(FAILURES, 0.4, 0)) as server:
        report = harvest(tmp_path / "kb", server)
    assert report.is_complete
    assert_exact(tmp_path / "kb", world)
    # 1 / 0.6 = 1.67 is what the failures alone cost; nothing but what failed is repeated.
    assert report.requests <= 1.8 * honest.requests
    assert report.requests - sum(report.faults.values()) <= honest.requests
    assert max(Counter(server.paths).values()) <= 8


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8))]
)
def test_lying_listings(tmp_path: Path, world: World, seed: int) -> None:
    lie = at_random(LIES, 0.25, seed)
    with Loopback(world, cap=100) as server:
        honest = harvest(tmp_path / "honest", server)
    with Loopback(
        world, cap=100, fault=lambda p, n: lie(p, n) if "/list" in p else None
    ) as server:
        report = harvest(tmp_path / "kb", server)
    assert_exact(tmp_path / "kb", world)
    assert report.requests <= 3 * honest.requests


@pytest.mark.parametrize(
    "shorts",
    [pytest.param((0, 2), marks=pytest.mark.slow), pytest.param((0, 1), marks=pytest.mark.slow),
     (0, 1, 3)],
)  # fmt: skip
def test_the_same_cut_twice_is_not_believed(tmp_path: Path, shorts: tuple[int, ...]) -> None:
    world = make_world(n_tasks=4, n_setups=30)
    asked: Counter[str] = Counter()

    def cut(path: str, _: int) -> str | None:
        if not path.startswith("evaluation") or not path.endswith("/task/34"):
            return None
        asked[path] += 1
        return "short" if asked[path] - 1 in shorts else None

    with Loopback(world, cap=100, fault=cut) as server:
        report = harvest(tmp_path / "kb", server)
    assert report.is_complete
    assert_exact(tmp_path / "kb", world)


def test_three_times_nothing_and_then_a_cut_answer_are_not_believed(tmp_path: Path) -> None:
    world = make_world(n_tasks=4, n_setups=30)
    lies = iter(("none", "none", "none", "short"))

    def lie(path: str, _: int) -> str | None:
        return next(lies, None) if path.startswith("evaluation") else None

    with Loopback(world, cap=100, fault=lie) as server:
        report = harvest(tmp_path / "kb", server)
    assert next(lies, None) is None
    assert report.is_complete
    assert_exact(tmp_path / "kb", world)


def test_rows_that_a_listing_never_shows_are_asked_for_by_their_runs(tmp_path: Path) -> None:
    world = make_world(n_tasks=4, n_setups=30)
    with Loopback(
        world, cap=100,
        fault=lambda p, n: "none" if p.startswith("evaluation") and p.endswith("/34") else None,
    ) as server:  # fmt: skip
        report = harvest(tmp_path / "kb", server)
    assert_exact(tmp_path / "kb", world)
    assert report.is_complete


@pytest.mark.slow
def test_lies_after_a_good_harvest_mark_nothing_as_gone(tmp_path: Path, world: World) -> None:
    kb, lie = tmp_path / "kb", at_random(("none", "short"), 0.4, 1)
    with Loopback(world, cap=100) as server:
        harvest(kb, server)
        server.fault = lambda path, n: lie(path, n) if "/list" in path else None
        report = harvest(kb, server, reconcile=True)
    assert_exact(kb, world)
    assert report.vanished == 0


@pytest.mark.slow
def test_every_lie_on_a_paged_slice(tmp_path: Path) -> None:
    world = make_world(n_tasks=1, n_setups=100)
    lie = at_random(("short", "repeat", "none"), 0.2, 2)
    with Loopback(
        world, cap=40, fault=lambda p, n: lie(p, n) if "offset" in p else None
    ) as server:
        harvest(tmp_path / "kb", server, flows=(10,))
    expected = {k: v for k, v in true_rows(world).items() if world.runs[k[0]].flow == 10}
    assert stored_rows(tmp_path / "kb") == expected


@pytest.mark.parametrize(
    "kind",
    ["warning", "bomb", "external"]
    + [pytest.param(kind, marks=pytest.mark.slow) for kind in ("huge", "hugegzip")],
)
def test_hostile_content_once_on_every_page(tmp_path: Path, kind: str) -> None:
    world = make_world(n_tasks=2, n_setups=3)
    seen: set[str] = set()

    def once(path: str, _: int) -> str | None:
        is_first = path not in seen and "evaluation" in path
        seen.add(path)
        return kind if is_first else None

    with Loopback(world, cap=10, fault=once) as server:
        report = harvest(tmp_path / "kb", server)
        assert server.canary_hits == 0
    assert report.is_complete
    assert_exact(tmp_path / "kb", world)
    assert (kind == "warning") != bool(report.faults)


def test_a_slow_drip_is_given_up_after_the_whole_time(tmp_path: Path) -> None:
    world = make_world(n_tasks=1, n_setups=3)
    limits = ExchangeLimits(answer_s=1.0, packed_bytes=1 << 20, body_bytes=1 << 20)
    with Loopback(world, fault=lambda p, n: "drip" if n == 4 else None) as server:
        report = harvest(tmp_path / "kb", server, limits=limits)
    assert_exact(tmp_path / "kb", world)
    assert any("no complete answer" in kind for kind in report.faults)


@pytest.mark.parametrize("cap", [40, pytest.param(1000, marks=pytest.mark.slow)])
def test_lists_that_move_while_they_are_read(tmp_path: Path, cap: int) -> None:
    world = make_world(n_tasks=2, n_setups=60)
    rng = np.random.default_rng(3)
    stable = set(list(world.runs)[::2])
    moving = [run for run in world.runs if run not in stable]

    def move(path: str, number: int) -> None:
        if "evaluation" not in path:
            return
        for _ in range(2):
            if moving and rng.random() < 0.5:
                world.delete_run(moving.pop(int(rng.integers(len(moving)))))
            fresh = max(world.runs) + 1
            world.add_run(fresh, 31, 500 + int(rng.integers(180)), {"predictive_accuracy": "0.5"})

    with Loopback(world, cap=cap, before=move) as server:
        report = harvest(tmp_path / "kb", server)
        stored = stored_rows(tmp_path / "kb")  # fails if a row is there twice
    assert report.is_complete
    truth = true_rows(world)
    found = [run for run in stable if stored.get((run, 1)) == truth[run, 1]]
    assert len(found) == len(stable)


def test_a_dead_server_is_an_error_and_a_dying_one_partial(tmp_path: Path, world: World) -> None:
    kb = tmp_path / "kb"
    with Loopback(world, fault=lambda p, n: "500") as server, pytest.raises(HarvestError):
        harvest(kb, server, attempts=3)
    with Loopback(world, cap=100, fault=lambda p, n: "500" if n > 12 else None) as server:
        report = harvest(kb, server, attempts=3)
        assert not report.is_complete
        assert report.missing
        server.fault = lambda p, n: None
        again = harvest(kb, server)
    assert again.is_complete
    assert again.reused
    assert_exact(kb, world)


@pytest.mark.slow
def test_one_slice_that_never_answers_is_named_and_the_rest_is_stored(
    tmp_path: Path, world: World
) -> None:
    kb, bad = tmp_path / "kb", "evaluation/list/function/predictive_accuracy/flow/10,20,30/task/37"
    with Loopback(world, cap=100, fault=lambda p, n: "cut" if p == bad else None) as server:
        report = harvest(kb, server, attempts=3)
    assert not report.is_complete
    assert "task 37" in report.missing[0]
    expected = {key: row for key, row in true_rows(world).items() if row[0] != 37}
    assert stored_rows(kb) == expected
