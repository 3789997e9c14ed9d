"""Values of single folds: exact, numbered, with seconds, and asked for only once."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalearn.core.metric import metric_named
from metalearn.harvesters.openml.run_details import read_run
from metalearn.harvesters.openml.xml import PageError
from metalearn.store import open_store, writing
from metalearn.workflows.harvest.repair import harvest_problems, rebuild_harvest, repair_harvest

from .checks import assert_exact, harvest, table_digests
from .loopback import Loopback
from .world import FUNCTIONS, World, make_world

RUN = """<oml:run xmlns:oml="http://openml.org/openml"><oml:run_id>7</oml:run_id>
<oml:task_id>31</oml:task_id><oml:error>{error}</oml:error><oml:output_data>{rows}
</oml:output_data></oml:run>"""
Folds = dict[tuple[int, int], tuple[float, float]]


def fold(name: str, value: str, at: str = 'repeat="0" fold="0"') -> str:
    return (
        f"<oml:evaluation {at}><oml:name>{name}</oml:name><oml:value>{value}</oml:value>"
        "</oml:evaluation>"
    )


def page(*rows: str, error: str = "") -> bytes:
    return RUN.format(rows="".join(rows), error=error).encode()


def stored(kb: Path, metric: str = "accuracy", *, vanished: bool = False) -> Folds:
    """(run, fold) -> value, seconds of fitting."""
    with open_store(kb) as store:
        frame = store.sql(
            "SELECT seed, fold, value, fit_s FROM evaluation WHERE fold >= 0 AND "
            f"metric = '{metric}' AND vanished = {vanished}"
        )
    assert not frame.duplicated(["seed", "fold"]).any()
    return {
        (int(r.seed), int(r.fold)): (r.value, round(r.fit_s, 4))
        for r in frame.itertuples(index=False)
    }


def true(world: World, function: str = FUNCTIONS[0]) -> Folds:
    return {
        (run, 1000 * repeat + number): (
            float(value),
            round(world.fit_ms(run, repeat, number) / 1000, 4),
        )
        for run in world.runs
        for (repeat, number), value in world.folds(run, function).items()
    }


def test_a_run_is_read_fold_by_fold() -> None:
    found = read_run(
        page(
            fold("kappa", "0.5", 'repeat="1" fold="2"'),
            fold("kappa", "", 'repeat="1" fold="3"'),
            fold("kappa", "NaN", 'repeat="1" fold="4"'),
            fold("kappa", "0.1", ""),  # of the whole run
            fold("kappa", "0.1", 'repeat="0" fold="0" sample="3"'),  # of a learning curve
            fold("usercpu_time_millis_training", "1500", 'repeat="1" fold="2"'),
            fold("build_cpu_time", "9", 'repeat="1" fold="2"'),
            fold("build_cpu_time", "0.25", 'repeat="1" fold="3"'),
            fold("wall_clock_time_millis_testing", "20", 'repeat="1" fold="2"'),
            fold("usercpu_time_millis_testing", "-1", 'repeat="1" fold="2"'),
        )
    )
    assert (found.run, found.task) == (7, 31)
    assert [row[:2] for row in found.folds["kappa"]] == [(1002, 0.5), (1003, None), (1004, None)]
    assert [row.reason for row in found.folds["kappa"]] == [
        None, "no value", "value is not a finite number: NaN",
    ]  # fmt: skip
    assert [row.fit_s for row in found.folds["kappa"]] == [1.5, 0.25, None]
    assert [row.predict_s for row in found.folds["kappa"]] == [0.02, None, None]


def test_what_nothing_decides_is_rejected() -> None:
    found = read_run(
        page(
            fold("kappa", "0.5"), fold("kappa", "0.5"), fold("f_measure", "0.5"),
            fold("f_measure", "0.6"), fold("recall", "1", 'repeat="0" fold="-1"'),
            fold("recall", "1", 'repeat="9999999" fold="1"'),
        )
    )  # fmt: skip
    assert set(found.folds) == {"kappa"}
    assert found.rejected == {
        "fold: two values of one measure": 1, "fold: an impossible number": 2,
    }  # fmt: skip


def test_an_error_message_that_is_not_xml_is_read() -> None:
    found = read_run(page(fold("kappa", "0.5"), error="<class 'ValueError'> & more"))
    assert found.folds["kappa"][0].value == 0.5
    with pytest.raises(PageError):
        read_run(b"<oml:runs xmlns:oml='http://openml.org/openml'></oml:runs>")


def test_folds_are_exact_and_asked_for_once(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=2, n_setups=2, functions=FUNCTIONS), tmp_path / "kb"
    with Loopback(world, cap=20) as server:
        first = harvest(kb, server, measures=FUNCTIONS, folds=None)
        assert first.is_complete
        assert sum(path.startswith("run/1") for path in server.paths) == len(world.runs)
        before = table_digests(kb)
        server.forget()
        again = harvest(kb, server, measures=FUNCTIONS, folds=None)
        assert not any(path.startswith("run/1") for path in server.paths)
    assert table_digests(kb) == before
    assert (first.folds, again.folds) == (12 * len(world.runs), 0)
    for function in FUNCTIONS:
        assert_exact(kb, world, function)
        assert stored(kb, metric_named(function).name) == true(world, function)
    assert harvest_problems(kb) == []
    with open_store(kb) as store:
        assert store.verify() == []
        meta = store.meta_dataset("accuracy", algorithms=["svc"])
    run = next(run for run in world.runs.values() if run.task == 31 and run.flow == 10)
    folds = [float(v) for v in world.folds(run.run, FUNCTIONS[0]).values()]
    assert 1.0 - sum(folds) / 6 == pytest.approx(meta.losses[0, 0])  # no longer the aggregate


@pytest.mark.slow
def test_so_many_runs_at_a_time_evenly_over_tasks_and_flows(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=2, n_setups=4), tmp_path / "kb"
    with Loopback(world, cap=20) as server:
        reports = [harvest(kb, server, folds=10) for _ in range(4)]
        first = server.paths
    assert [r.fold_runs_left for r in reports] == [14, 4, 0, 0]
    assert all(r.is_complete for r in reports)
    asked = [world.runs[int(p[4:])] for p in first if p.startswith("run/1")]
    assert {(run.task, run.flow) for run in asked[:6]} == {
        (task, flow) for task in world.tasks for flow in (10, 20, 30)
    }
    assert stored(kb) == true(world)
    assert "single folds" in str(reports[0])


@pytest.mark.slow
def test_another_measure_is_read_from_the_pages_that_are_there(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=1, n_setups=4, functions=FUNCTIONS), tmp_path / "kb"
    with Loopback(world, cap=20) as server:
        harvest(kb, server, folds=None)
        server.forget()
        harvest(kb, server, measures=FUNCTIONS, folds=None)
        assert not any(path.startswith("run/1") for path in server.paths)
    assert stored(kb, "roc_auc") == true(world, FUNCTIONS[1])


@pytest.mark.slow
def test_corrected_runs_are_read_again_and_vanished_ones_marked(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=2, n_setups=4), tmp_path / "kb"
    runs = sorted(world.runs)
    with Loopback(world, cap=20) as server:
        harvest(kb, server, folds=None)
        world.evaluations[runs[0], FUNCTIONS[0], 1] = "0.125"
        gone = {key: row for key, row in true(world).items() if key[0] == runs[1]}
        world.delete_run(runs[1])
        report = harvest(kb, server, folds=None, reconcile=True)
    assert report.is_complete
    assert report.folds == 6
    assert stored(kb) == true(world)
    assert stored(kb, vanished=True) == gone
    assert harvest_problems(kb) == []


@pytest.mark.slow
def test_faults_and_an_end_in_the_middle_leave_no_gap(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=2, n_setups=4), tmp_path / "kb"
    kinds = ("500", "cut", "none", "html", "reset", None, None, None)
    with Loopback(
        world, cap=20, fault=lambda p, n: kinds[n % 8] if p.startswith("run/1") else None
    ) as server:
        report = harvest(kb, server, folds=None)
    assert report.is_complete
    assert stored(kb) == true(world)
    dying, kb = tmp_path / "dying", tmp_path / "dying"
    with Loopback(world, cap=20) as server:
        server.fault = lambda p, n: "500" if len(server.requests) > 20 else None
        partial = harvest(dying, server, folds=None, attempts=2)
        assert not partial.is_complete
        server.fault = lambda p, n: None
        server.forget()
        last = harvest(dying, server, folds=None)
    assert last.is_complete
    assert last.reused
    assert sum(path.startswith("run/1") for path in server.paths) < len(world.runs)
    assert stored(kb) == true(world)


@pytest.mark.slow
def test_injured_folds_are_found_and_put_right_from_the_page(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=1, n_setups=3), tmp_path / "kb"
    with Loopback(world, cap=20) as server:
        harvest(kb, server, folds=None)
    with writing(kb) as writer, writer.transaction() as connection:
        connection.execute("UPDATE evaluation_row SET value = 0.5 WHERE fold = 1001")
        connection.execute("DELETE FROM evaluation_row WHERE fold = 2")
        writer.has_changed = True
    problems = harvest_problems(kb)
    assert any("folds of runs" in problem.detail for problem in problems)
    assert repair_harvest(kb, server="http://127.0.0.1:9/none") == []
    assert stored(kb) == true(world)


@pytest.mark.slow
def test_a_rebuilt_store_has_the_same_folds(tmp_path: Path) -> None:
    world, kb = make_world(n_tasks=1, n_setups=4, functions=FUNCTIONS), tmp_path / "kb"
    with Loopback(world, cap=20) as server:
        harvest(kb, server, measures=FUNCTIONS, folds=None)
        world.delete_run(min(world.runs))
        harvest(kb, server, measures=FUNCTIONS, folds=None, reconcile=True)
    rebuild_harvest(kb, tmp_path / "new")
    for metric in ("accuracy", "roc_auc"):
        assert stored(tmp_path / "new", metric) == stored(kb, metric)
        assert stored(tmp_path / "new", metric, vanished=True) == stored(kb, metric, vanished=True)
    assert harvest_problems(tmp_path / "new") == []
