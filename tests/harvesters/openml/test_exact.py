"""What is stored is what the server holds: first harvest, second harvest, and after changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalearn.store import open_store

from .checks import assert_exact, harvest, stored_rows, table_digests, true_rows
from .loopback import Loopback
from .world import FUNCTIONS, World, make_world


@pytest.mark.parametrize(
    "cap",
    [100, pytest.param(50, marks=pytest.mark.slow), pytest.param(10_000, marks=pytest.mark.slow)],
)
def test_first_harvest_is_exact_at_any_page_cap(tmp_path: Path, cap: int) -> None:
    world = make_world(functions=FUNCTIONS, hidden=0.1)
    with Loopback(world, cap=cap) as server:
        report = harvest(tmp_path / "kb", server, measures=FUNCTIONS)
    for function in FUNCTIONS:
        assert_exact(tmp_path / "kb", world, function)
    assert report.is_complete
    assert report.new == len(world.evaluations) < 2 * len(world.runs)
    assert report.requests <= 0.1 * report.new
    assert server.peak == 1


def test_unchanged_second_harvest_changes_no_byte_and_asks_little(tmp_path: Path) -> None:
    world, kb = make_world(hidden=0.1), tmp_path / "kb"
    with Loopback(world, cap=100) as server:
        first = harvest(kb, server)
        before = table_digests(kb)
        second = harvest(kb, server)
        third = harvest(kb, server, reconcile=True)
    assert table_digests(kb) == before
    assert [file.name for file in tmp_path.iterdir()] == ["kb"]  # no copy, no journal is left
    assert second.is_complete
    assert third.is_complete
    assert (second.new, second.changed, second.vanished) == (0, 0, 0)
    assert second.unchanged == third.unchanged == len(world.evaluations)
    assert second.requests <= 0.35 * first.requests
    assert third.requests <= 1.25 * first.requests


def test_new_runs_and_late_evaluations_are_found_cheaply(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=8, n_setups=60, hidden=0.1), tmp_path / "kb"
    late = dict(list(world.evaluations.items())[5::30])
    for key in late:
        del world.evaluations[key]
    with Loopback(world, cap=100) as server:
        first = harvest(kb, server)
        assert_exact(kb, world)
        world.evaluations |= late
        top = max(world.runs)
        for i in range(60):
            task = sorted(world.tasks)[i % 8]
            world.add_run(top + 1 + i, task, 500 + i, {"predictive_accuracy": "0.5"})
            if i % 6 == 0:  # evaluated by two engines
                world.evaluations[top + 1 + i, "predictive_accuracy", 2] = "0.25"
        second = harvest(kb, server)
    assert_exact(kb, world)
    assert second.is_complete
    assert second.new == len(late) + 60 + 10
    assert second.requests <= 0.35 * first.requests


@pytest.mark.slow
def test_new_runs_alone_are_found_by_their_ids(tmp_path: Path) -> None:
    world, kb = make_world(), tmp_path / "kb"
    with Loopback(world, cap=100) as server:
        harvest(kb, server)
        for i in range(30):
            world.add_run(max(world.runs) + 2, 31, 500 + i, {"predictive_accuracy": "0.25"})
        second = harvest(kb, server)
    assert_exact(kb, world)
    assert second.requests <= 8


@pytest.mark.slow
def test_resets_and_second_engines_are_found(tmp_path: Path) -> None:
    world, kb = make_world(hidden=0.1), tmp_path / "kb"
    keys = list(world.evaluations)
    with Loopback(world, cap=100) as server:
        harvest(kb, server)
        reset = {key: world.evaluations.pop(key) for key in keys[3::40]}
        for run, name, _ in keys[4::40]:
            world.evaluations[run, name, 2] = "0.25"
        report = harvest(kb, server, reconcile=True)
        assert_exact(kb, world)
        assert report.is_complete
        assert (report.new, report.vanished) == (len(keys[4::40]), len(reset))
        world.evaluations |= reset
        report = harvest(kb, server)  # as many rows more explain themselves
    assert_exact(kb, world)
    assert report.changed == len(reset)


@pytest.mark.slow
def test_a_run_evaluated_twice_in_a_cell_that_is_paged(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=1, n_setups=120, hidden=0.1), tmp_path / "kb"
    for run in sorted(world.runs)[::9]:
        if (run, "predictive_accuracy", 1) in world.evaluations:
            world.evaluations[run, "predictive_accuracy", 2] = "0.25"
    with Loopback(world, cap=50) as server:
        report = harvest(kb, server)
        again = harvest(kb, server)
    assert report.is_complete
    assert_exact(kb, world)
    assert (again.new, again.unchanged) == (0, len(world.evaluations))


def test_runs_without_any_evaluation_are_no_fault(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=2, n_setups=30), tmp_path / "kb"
    world.evaluations = {k: v for k, v in world.evaluations.items() if world.runs[k[0]].flow != 20}
    with Loopback(world, cap=50) as server:
        report = harvest(kb, server)
        again = harvest(kb, server)
    assert report.is_complete
    assert again.is_complete
    assert_exact(kb, world)


def test_ids_beyond_what_a_float_can_hold(tmp_path: Path) -> None:
    world = make_world(n_tasks=2, n_setups=10, first_run=2**60 + 1)
    world.evaluations[min(world.runs), "predictive_accuracy", 2] = "0.25"
    with Loopback(world, cap=25) as server:
        report = harvest(tmp_path / "kb", server, folds=2)
        again = harvest(tmp_path / "kb", server)
    assert report.is_complete
    assert_exact(tmp_path / "kb", world)
    assert (again.new, again.changed, again.vanished) == (0, 0, 0)


def test_corrected_values_are_found_by_reconcile_and_leave_a_history(tmp_path: Path) -> None:
    world, kb = make_world(), tmp_path / "kb"
    corrected = list(world.evaluations)[::50]
    with Loopback(world, cap=100) as server:
        harvest(kb, server)
        old = {key[0]: float(world.evaluations[key] or 0) for key in corrected}
        for key in corrected:
            world.evaluations[key] = "0.125"
        report = harvest(kb, server, reconcile=True)
    assert_exact(kb, world)
    assert report.changed == len(corrected)
    with open_store(kb) as store:
        history = store.sql("SELECT seed, value FROM evaluation_history")
    assert dict(zip(history["seed"], history["value"], strict=True)) == old


@pytest.mark.slow
def test_deleted_rows_are_marked_and_come_back(tmp_path: Path) -> None:
    world, kb = make_world(), tmp_path / "kb"
    deleted = sorted(world.runs)[::40]
    kept = {run: (world.runs[run], world.evaluations[run, "predictive_accuracy", 1])
            for run in deleted}  # fmt: skip
    before = true_rows(world)
    with Loopback(world, cap=100) as server:
        harvest(kb, server)
        for run in deleted:
            world.delete_run(run)
        report = harvest(kb, server)
        assert_exact(kb, world)
        assert report.vanished == len(deleted)
        gone = stored_rows(kb, vanished=True)
        assert gone == {(run, 1): before[run, 1] for run in deleted}
        for run, (row, value) in kept.items():
            world.runs[run] = row
            world.evaluations[run, "predictive_accuracy", 1] = value
        report = harvest(kb, server)
    assert report.changed == len(deleted)
    assert stored_rows(kb) == before
    assert not stored_rows(kb, vanished=True)


@pytest.mark.slow
def test_a_slice_that_fits_nowhere_is_paged(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=1, n_setups=120), tmp_path / "kb"
    with Loopback(world, cap=50) as server:
        report = harvest(kb, server)
    assert report.is_complete
    assert any("offset" in path for path in server.paths)
    assert_exact(kb, world)


def test_two_engines_array_measures_and_strange_values(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=2, n_setups=10), tmp_path / "kb"
    runs = sorted(world.runs)
    name = "predictive_accuracy"
    world.evaluations[runs[0], name, 2] = "0.75"
    world.evaluations[runs[1], name, 1] = None
    world.evaluations[runs[2], name, 1] = "1e400"
    world.evaluations[runs[3], name, 1] = "NaN"
    world.evaluations[runs[4], name, 1] = "1.7976931348623157e308"
    world.runs[runs[5]].setup = 999_999  # a setup that the server does not list
    with Loopback(world, cap=25) as server:
        report = harvest(kb, server)
        again = harvest(kb, server)
    stored = stored_rows(kb)
    assert stored[runs[0], 2][1] == 0.75
    assert [stored[run, 1][1] for run in runs[1:4]] == [None, None, None]
    assert stored[runs[4], 1][1] == 1.7976931348623157e308
    assert (runs[5], 1) not in stored
    assert len(stored) == len(runs)
    assert not report.is_complete
    assert "setup 999999" in report.missing[0]
    assert again.new == 0
    assert not again.is_complete
    with open_store(kb) as store:
        failed = store.sql("SELECT seed, reason FROM evaluation WHERE status = 'failed'")
    reasons = dict(zip(failed["seed"], failed["reason"], strict=True))
    assert reasons[runs[1]] == "no value"
    assert "1e400" in reasons[runs[2]]


def test_everything_around_the_evaluations_is_stored(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=2, n_setups=5), tmp_path / "kb"
    with Loopback(world) as server:
        harvest(kb, server)
        assert "metalearn/" in server.headers[0]["User-Agent"]
        assert "@" in server.headers[0]["User-Agent"]
    with open_store(kb) as store:
        tasks = store.tasks().set_index("task")
        assert tasks.loc["openml:31", "name"] == world.tasks[31]["name"]
        assert tasks.loc["openml:31", "n_features"] == 10
        assert '"folds":10' in tasks.loc["openml:31", "procedure"]
        features = store.meta_features("openml:31").set_index("name")
        assert features.loc["NumberOfInstances", "value"] == 500
        assert features.loc["J48", "reason"] == "not computed"
        assert len(store.meta_dataset("accuracy", algorithms=["svc"]).configurations) == 5
        assert {c.algorithm for c in store.meta_dataset("accuracy").configurations} == {
            "svc", "random_forest", "mlr.classif.rpart",
        }  # fmt: skip
        assert store.verify() == []


def test_a_measure_of_which_nothing_is_listed_is_told(tmp_path: Path) -> None:
    with Loopback(make_world(n_tasks=1, n_setups=2)) as server:
        report = harvest(tmp_path / "kb", server, measures=("predictive_acuracy",))
    assert report.new == 0
    assert "nothing is listed of predictive_acuracy" in report.notes[0]
    assert "note: nothing is listed" in str(report)


def test_empty_scope_and_other_servers_are_refused(tmp_path: Path) -> None:
    from metalearn.errors import HarvestError, UsageError
    from metalearn.workflows.harvest.run import Scope, harvest_openml

    with pytest.raises(UsageError, match="say what to harvest"):
        harvest_openml(tmp_path / "kb", Scope(None, (), (), ("x",)))
    with Loopback(World()) as server, pytest.raises(HarvestError, match="no suite 99"):
        harvest(tmp_path / "kb", server)
    assert not (tmp_path / "kb").exists()
