"""Recorded answers of real servers, and the parsers' behaviour on what is not as it should be."""

from __future__ import annotations

from pathlib import Path

import pytest

from metalearn.harvesters.openml.pages import (
    read_error,
    read_evaluations,
    read_flow,
    read_ids,
    read_procedures,
    read_qualities,
    read_runs,
    read_setups,
    read_task,
    read_tasks,
)
from metalearn.harvesters.openml.run_details import read_run
from metalearn.harvesters.openml.xml import PageError, read_page

NS = b'xmlns:oml="http://openml.org/openml"'


@pytest.fixture
def recorded(shared_data: Path) -> Path:
    return shared_data / "openml-recordings"


def test_recorded_listings(recorded: Path) -> None:
    lists = recorded / "history" / "lists"
    studies = lists / "studies" / "publish_study"
    (evaluations,) = studies.glob("get_evaluation_list_*.xml")
    rows = read_evaluations(evaluations.read_bytes()).rows
    assert [(row.run, row.task, row.setup, row.flow) for row in rows[:2]] == [
        (1, 119, 1, 44), (3, 119, 3, 54),
    ]  # fmt: skip
    assert rows[0].value == 0.6363636363636364
    (runs,) = studies.glob("get_run_list_limit_11_*.xml")
    assert [row.run for row in read_runs(runs.read_bytes()).rows[:3]] == [95, 96, 97]
    study = (studies / "get_study_157.xml").read_bytes()
    assert read_ids(study, "tasks", "task_id") == [11, 19, 115, 119, 1196]
    tasks = read_tasks((lists / "tasks" / "task_list_type_learning_curve.xml").read_bytes()).rows
    assert (tasks[0].task, tasks[0].data, tasks[0].type) == (763, 1, 3)
    assert tasks[0].inputs["target_feature"] == "class"
    procedures = read_procedures((lists / "tasks" / "estimation_procedure_list.xml").read_bytes())
    assert procedures.rows[1][:4] == (2, "crossvalidation", 5, 2)


def test_recorded_folds_of_a_run(recorded: Path) -> None:
    body = (recorded / "tests/files/org/openml/test/runs/1/description.xml").read_bytes()
    assert read_error(body) is None  # though it has an element of that name
    found = read_run(body)
    assert (found.run, found.task, len(found.folds)) == (100, 28, 18)
    assert found.folds["predictive_accuracy"][:2] == (
        (0, 0.921708, None, 0.058, None), (1, 0.932384, None, 0.058, None),
    )  # fmt: skip
    assert all([row.fold for row in rows] == list(range(10)) for rows in found.folds.values())
    assert not found.rejected


def test_recorded_single_answers(recorded: Path) -> None:
    runs = recorded / "history" / "test-runs"
    task = read_task((runs / "tasks" / "119" / "task.xml").read_bytes())
    assert (task.task, task.type, task.data) == (119, 1, 20)
    assert task.inputs["target_feature"] == "class"
    assert task.inputs["estimation_procedure"] == "5"
    flow = read_flow((runs / "flows" / "486" / "flow.xml").read_bytes())
    assert flow.flow == 486
    assert {part.role for part in flow.parts}
    qualities = read_qualities((recorded / "history/datasets-1/qualities.xml").read_bytes())
    assert qualities["AutoCorrelation"] == 0.6064659977703456
    page = (recorded / "history/hand-made/flow_list_no_result.xml").read_bytes()
    error = read_error(page)
    assert error is not None
    assert error.code in (372, 500)


def test_a_recorded_setup_meets_its_flow(recorded: Path) -> None:
    body = (recorded / "history/test-runs/setups/98/description.xml").read_bytes()
    inner = body.partition(b"<oml:setup_parameters")[2].partition(b">")[2]
    inner = inner.rpartition(b"</oml:setup_parameters>")[0]
    page = b"<oml:setups " + NS + b"><oml:setup>" + inner + b"</oml:setup></oml:setups>"
    (setup,) = read_setups(page).rows
    values = {parameter.name: parameter.value for parameter in setup.parameters}
    assert (setup.setup, setup.flow) == (98, 486)
    assert values["bootstrap"] == "true"


def evaluation(value: bytes = b"0.5", name: bytes = b"d", run: bytes = b"7") -> bytes:
    return (
        b"<oml:evaluations " + NS + b"><oml:evaluation><oml:run_id>" + run + b"</oml:run_id>"
        b"<oml:task_id>1</oml:task_id><oml:setup_id>2</oml:setup_id><oml:flow_id>3</oml:flow_id>"
        b"<oml:data_name>" + name + b"</oml:data_name><oml:function>f</oml:function>"
        b"<oml:value>" + value + b"</oml:value></oml:evaluation></oml:evaluations>"
    )


@pytest.mark.parametrize(
    "name",
    [b"a & b", b"<class 'ValueError'>", b"caf&eacute;", b"\xff\xfe", b"a\x00b", b"x < y > z"],
)
def test_unescaped_texts_do_not_break_a_page(name: bytes) -> None:
    (row,) = read_evaluations(evaluation(name=name)).rows
    assert (row.run, row.value) == (7, 0.5)


@pytest.mark.parametrize(
    ("text", "value"),
    [(b"1e308", 1e308), (b"-0.0", 0.0), (b"1e400", None), (b"nan", None), (b"1_0", None),
     (b"0,5", None), (b"", None)],
)  # fmt: skip
def test_values(text: bytes, value: float | None) -> None:
    (row,) = read_evaluations(evaluation(text)).rows
    assert row.value == value
    assert (row.reason is None) == (value is not None)


@pytest.mark.parametrize("run", [b"", b"x", b"-3", b"1.5", b"99999999999999999999"])
def test_rows_without_a_usable_id_are_counted(run: bytes) -> None:
    listed = read_evaluations(evaluation(run=run))
    assert listed.rows == []
    assert listed.rejected.total() == listed.n == 1


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html><body>x</body></html>", evaluation()[:-20], evaluation()[:60],
        b"<oml:runs " + NS + b"/>", b'{"error":{"code":"1"}}',
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><oml:evaluations>&a;</oml:evaluations>",
        b"<oml:evaluations>" * 60 + b"</oml:evaluations>" * 60,
    ],
)  # fmt: skip
def test_what_is_not_the_page_is_a_fault(body: bytes) -> None:
    with pytest.raises(PageError):
        read_evaluations(body)


def test_a_warning_in_front_is_skipped() -> None:
    body = b"<br />\n<b>Warning</b>: x in <b>y.php</b>\n" + evaluation()
    assert read_page(body).tag == "evaluations"
