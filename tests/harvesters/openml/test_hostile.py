"""Texts and numbers that no file can hold, refusals in the middle: single rows are lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from metalearn.harvesters.openml import ExchangeLimits
from metalearn.harvesters.openml.pacing import retry_after_s
from metalearn.harvesters.openml.pages import read_evaluations
from metalearn.harvesters.openml.parameters import typed_value
from metalearn.store import open_store

from .checks import assert_exact, harvest, stored_rows, true_rows
from .loopback import NS, Loopback
from .world import make_world

NAMES = [
    "\u202eevil\u202c", "a\u0000b", "\ud800 half", "\U0001f600", "]]>", "&#0;", "&nosuch;",
    "e\u0301", "\ufeff", "'; DROP TABLE task; --", "x" * 100_000,
]  # fmt: skip
VALUES = ['"\\ud800"', '"\\u0000"', "9" * 5000, "[" * 5000, "1e999", '{"a": NaN}', "\u202e", "b'"]


@pytest.mark.slow
def test_strange_names_and_parameters(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=len(NAMES), n_setups=len(VALUES)), tmp_path / "kb"
    for task, name in zip(world.tasks.values(), NAMES, strict=True):
        task["name"] = name
    for number, (flow, components) in world.setups.items():
        inner = {10: 11, 20: 21, 30: 30}[flow]
        components[inner] = {**components[inner], "C": VALUES[number % len(VALUES)]}
    with Loopback(world, cap=50) as server:
        report = harvest(kb, server)
        again = harvest(kb, server)
    assert report.is_complete
    assert_exact(kb, world)
    assert again.new == again.changed == again.vanished == 0
    with open_store(kb) as store:
        assert store.verify() == []
        assert len(store.tasks()) == len(NAMES)


def test_impossible_sizes_of_data_sets(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=3, n_setups=4), tmp_path / "kb"
    for task, size in zip(world.tasks.values(), ("1e400", "-5", "1e30"), strict=True):
        task |= {"rows": size, "columns": size, "classes": size}
    with Loopback(world) as server:
        assert harvest(kb, server).is_complete
    assert_exact(kb, world)
    with open_store(kb) as store:
        assert store.tasks()[["n_rows", "n_features", "n_classes"]].isna().all().all()


def test_ids_of_any_length_are_counted_and_left_out() -> None:
    row = (
        "<oml:evaluation><oml:run_id>{}</oml:run_id>"
        + "<oml:function>f</oml:function></oml:evaluation>"
    )
    body = "".join(row.format(number) for number in ("9" * 5000, "-1", "1e3", "\u0663"))
    listed = read_evaluations(f"<oml:evaluations {NS}>{body}</oml:evaluations>".encode())
    assert not listed.rows
    assert listed.n == 4


def test_half_a_character_becomes_its_escape() -> None:
    assert typed_value(json.dumps("\ud800"), "sklearn") == "\\ud800"


@pytest.mark.parametrize("header", ["\u00b2", "garbage", "-5", "Wed, 21 Oct 99999 07:28:00 GMT"])
def test_a_wait_that_cannot_be_read_is_none(header: str) -> None:
    assert retry_after_s(header) is None


def test_a_refusal_in_the_middle_is_a_fault_of_the_moment(tmp_path: Path) -> None:
    world = make_world(n_tasks=2, n_setups=10)
    with Loopback(world, cap=25, fault=lambda p, n: "404" if n in (5, 8) else None) as server:
        assert harvest(tmp_path / "kb", server).is_complete
    assert_exact(tmp_path / "kb", world)


def test_private_data_and_false_no_results_everywhere(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=6, n_setups=5), tmp_path / "kb"
    private = world.tasks[31]["data"]

    def fault(path: str, number: int) -> str | None:
        if path == f"data/qualities/{private}":
            return "112"
        return "none" if number % 3 == 0 else None

    with Loopback(world, cap=50, fault=fault) as server:
        report = harvest(kb, server)
    assert report.is_complete
    assert_exact(kb, world)
    with open_store(kb) as store:
        assert store.meta_features("openml:31").empty
        assert all(len(store.meta_features(f"openml:{t}")) for t in sorted(world.tasks)[1:])
        assert all('"folds":10' in text for text in store.tasks()["procedure"])


def test_a_long_wait_ends_the_harvest_without_another_request(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=3, n_setups=10), tmp_path / "kb"
    with Loopback(world, cap=50, fault=lambda p, n: "429:5000" if n == 6 else None) as server:
        report = harvest(kb, server)
        assert not report.is_complete
        assert "come back in 5000 s" in report.missing[0]
        assert len(server.requests) == 6
        assert harvest(kb, server).is_complete
    assert_exact(kb, world)


def test_a_body_that_trickles_is_given_up_early(tmp_path: Path) -> None:
    world = make_world(n_tasks=1, n_setups=3)
    limits = ExchangeLimits(
        60.0, stall_s=0.5, stall_bytes=200, packed_bytes=1 << 20, body_bytes=1 << 20
    )
    with Loopback(world, fault=lambda p, n: "drip" if n == 4 else None) as server:
        report = harvest(tmp_path / "kb", server, limits=limits)
    assert any("slower than" in kind for kind in report.faults)
    assert stored_rows(tmp_path / "kb") == true_rows(world)
