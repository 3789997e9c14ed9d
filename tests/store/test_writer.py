"""Loading: idempotent, all or nothing, counted; publishing: seen whole or not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.core import Configuration
from metalearn.core.records import COLUMNS, Batch, LoadReport, Source
from metalearn.errors import BusyError, InputError
from metalearn.store import Cursor, Page, Writer, open_store, writing
from tests.store.worlds import (
    COLLECTED,
    batch,
    configurations,
    evaluation,
    frame,
    only_evaluations,
)


def total(counts: Mapping[str, int]) -> int:
    return sum(counts.values())


def load(path: Path, *batches: Batch) -> LoadReport:
    report = LoadReport()
    with writing(path) as writer:
        for each in batches:
            report += writer.load(each)
    return report


@pytest.fixture
def kb(tmp_path: Path) -> Path:
    return tmp_path / "kb.duckdb"


@pytest.fixture(scope="module")
def open_writer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writer]:
    """One writer for many loads that must not disturb each other."""
    with writing(tmp_path_factory.mktemp("store") / "kb.duckdb") as writer:
        writer.load(batch(n_folds=0))
        yield writer


def test_every_row_given_is_accounted_for(kb: Path) -> None:
    given = batch()
    report = load(kb, given)
    assert report.new == {
        "tasks": 4, "algorithms": 1, "configurations": 3, "metrics": 2,
        "evaluations": len(given.evaluations), "meta_features": 8,
    }  # fmt: skip
    assert total(report.changed) == total(report.unchanged) == total(report.rejected) == 0


def test_loading_again_changes_nothing_not_even_a_byte(kb: Path) -> None:
    load(kb, batch())
    before = kb.read_bytes()
    later = Source("collect", "tables.csv", "abc", "2027-05-05T00:00:00Z")
    report = load(kb, batch(), batch(source=later))
    assert total(report.new) == total(report.changed) == 0
    assert report.unchanged["evaluations"] == 2 * len(batch().evaluations)
    assert kb.read_bytes() == before


@pytest.mark.parametrize("contradicts", [False, True])
def test_batches_at_once_are_those_one_after_the_other(tmp_path: Path, contradicts: bool) -> None:
    later = Source("collect", "later.csv", "def", "2026-02-02T00:00:00Z")
    wrong = only_evaluations([evaluation("nowhere")])
    given = [
        batch(n_tasks=2),
        batch(),  # repeats the first two tasks
        replace(batch(n_tasks=6), source=later),
        replace(wrong, source=later, rejected={"no table": 2}),
    ]
    if contradicts:
        given.append(only_evaluations([evaluation(value=0.125)]))
    one_by_one = load(tmp_path / "a.duckdb", *given)
    with writing(tmp_path / "b.duckdb") as writer:
        together = writer.load_all(given)
    for counts in ("new", "changed", "unchanged", "rejected"):
        expected, got = (Counter(getattr(r, counts)) for r in (one_by_one, together))
        assert +got == +expected
    assert bool(total(together.changed)) is contradicts
    with open_store(tmp_path / "a.duckdb") as a, open_store(tmp_path / "b.duckdb") as b:
        assert a.snapshot == b.snapshot
        columns = "task, configuration, metric, fold, location, value"
        frames = [s.sql(f"SELECT {columns} FROM evaluation ORDER BY ALL") for s in (a, b)]
        pd.testing.assert_frame_equal(*frames)
        assert b.verify() == []


def test_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    given = batch()
    shuffled = replace(given, **{
        name: getattr(given, name).sample(frac=1, random_state=3)
        for name in COLUMNS if name != "configurations"
    })  # fmt: skip
    load(tmp_path / "a.duckdb", given)
    load(tmp_path / "b.duckdb", shuffled)
    with open_store(tmp_path / "a.duckdb") as a, open_store(tmp_path / "b.duckdb") as b:
        assert a.snapshot == b.snapshot
        left, right = a.meta_dataset("accuracy"), b.meta_dataset("accuracy")
    np.testing.assert_array_equal(left.losses, right.losses)
    assert left.configurations == right.configurations


def test_equal_content_has_an_equal_digest_in_whatever_order_it_came(tmp_path: Path) -> None:
    first, second = batch(n_tasks=2), batch(n_tasks=2, first_task=2)
    load(tmp_path / "a.duckdb", first, second)
    load(tmp_path / "b.duckdb", second, first)
    load(tmp_path / "c.duckdb", first)
    digests = [open_store(tmp_path / f"{name}.duckdb").snapshot for name in "abc"]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (evaluation(task="nowhere"), "evaluation of an unknown task"),
        (evaluation(configuration="0" * 24), "evaluation of an unknown configuration"),
        (evaluation(metric="beauty"), "evaluation of an unknown metric"),
        (evaluation(value=float("inf")), "evaluation whose value is not finite"),
        (evaluation(value=float("nan")), "evaluation whose value is not finite"),
        (evaluation(value=None), "evaluation whose value is not finite"),
        (evaluation(value="0,5"), "evaluation whose value is not a number"),  # type: ignore[arg-type]  # on purpose
        (evaluation(status="odd"), "evaluation of unknown status"),
        (evaluation(status="failed", value=0.5, reason="x"), "failed evaluation with a value"),
        (evaluation(status="failed", value=None), "failed evaluation without a reason"),
        (evaluation(reason="fine"), "evaluation that is ok for a reason"),
        (evaluation(fold=-2), "evaluation with an impossible fold"),
        (evaluation(fold=0.5), "evaluation whose fold is not a integer"),  # type: ignore[arg-type]  # on purpose
        (evaluation(fidelity=0.0), "evaluation with a fidelity outside (0, 1]"),
        (evaluation(fidelity=1.5), "evaluation with a fidelity outside (0, 1]"),
        (evaluation(seed=None), "evaluation without a seed"),  # type: ignore[arg-type]  # on purpose
        (evaluation(seed=2**70), "evaluation whose seed is not a integer"),
        (evaluation(fit_s=-1.0), "evaluation with impossible seconds"),
        (evaluation(status="failed", value=None, reason="\ud800"), "evaluation whose reason is not a text"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_bad_row_is_counted_by_reason_and_the_others_are_loaded(
    open_writer: Writer, row: tuple[object, ...], reason: str
) -> None:
    good = evaluation(task="table:t0001")
    report = open_writer.load(Batch(COLLECTED, evaluations=frame("evaluations", [row, good])))
    assert report.rejected == {reason: 1}
    assert report.new["evaluations"] + report.unchanged["evaluations"] == 1


def test_rows_listed_twice(kb: Path) -> None:
    same, other = evaluation(), evaluation(value=0.75)
    report = load(kb, only_evaluations([same, same, evaluation(fold=1)]))
    assert (report.new["evaluations"], report.unchanged["evaluations"]) == (2, 1)
    report = load(kb, only_evaluations([evaluation(fold=2), other, same]))
    assert report.rejected == {"listed more than once with different content": 2}
    assert report.new["evaluations"] == 1


def test_configurations_must_be_canonical_and_hashed(kb: Path) -> None:
    good = Configuration("svc", {"C": 1.5})
    loose = '{"C": 1.5}'
    given = replace(
        batch(),
        configurations=frame("configurations", [
            (good.key, "svc", good.canonical),
            ("f" * 24, "svc", good.canonical),
            (good.key[::-1], "svc", loose),
            ("e" * 24, "svc", "[1]"),
            ("d" * 24, "unheard", "{}"),
        ]),
        evaluations=frame("evaluations", []),
    )  # fmt: skip
    report = load(kb, given)
    assert report.new["configurations"] == 1
    assert total(report.rejected) == 4


def test_unknown_facts_are_filled_in_and_never_erased(kb: Path) -> None:
    full = batch(n_folds=0)
    sparse = replace(full, tasks=full.tasks.assign(n_classes=None, n_rows=np.nan))
    load(kb, sparse)
    report = load(kb, full)
    assert report.changed["tasks"] == 4
    report = load(kb, sparse)
    assert report.unchanged["tasks"] == 4
    with open_store(kb) as store:
        assert list(store.tasks()["n_classes"]) == [2, 2, 2, 2]


def test_a_metric_of_its_own_brings_its_direction(kb: Path) -> None:
    given = replace(
        only_evaluations([evaluation(metric="lift", value=3.0), evaluation(value=0.25)]),
        metrics=frame("metrics", [("lift", True, None, 0.0), ("accuracy", False, 0.0, 1.0)]),
    )
    load(kb, only_evaluations([evaluation(value=0.25)]))
    report = load(kb, given)
    assert report.rejected == {"metric that contradicts the known direction": 1}
    with open_store(kb) as store:
        assert store.meta_dataset("lift").losses[0, 0] == -3.0
        assert store.meta_dataset("predictive_accuracy").losses[0, 0] == 0.75


def test_corrected_values_leave_a_history_and_vanished_ones_a_mark(kb: Path) -> None:
    source = Source("openml", "run/list", "p1", "2026-01-01T00:00:00Z")
    corrected = Source("openml", "run/list", "p2", "2026-02-01T00:00:00Z")
    third = Source("openml", "run/list", "p3", "2026-03-01T00:00:00Z")
    old = replace(only_evaluations([evaluation(), evaluation(fold=1)]), source=source)
    new = replace(only_evaluations([evaluation(value=0.75)]), source=corrected)
    load(kb, old, new)
    with writing(kb) as writer:
        gone = frame("evaluations", [evaluation(fold=1)])
        report = writer.load(Batch(third), vanished=gone)
        assert report.changed["vanished"] == 1
        assert writer.load(Batch(third), vanished=gone).changed["vanished"] == 0
    with open_store(kb) as store:
        history = store.sql(
            "SELECT fold, value, page_digest, replaced_by_digest FROM evaluation_history ORDER BY fold"  # noqa: E501
        )
        assert history.to_dict("list") == {
            "fold": [0, 1], "value": [0.5, 0.5], "page_digest": ["p1", "p1"],
            "replaced_by_digest": ["p2", "p3"],
        }  # fmt: skip
        assert store.evaluations("accuracy")["value"].tolist() == [0.75]
    assert load(kb, old).changed["evaluations"] == 2  # the mark goes, the old value is back


def test_pages_and_cursors_belong_to_the_same_transaction(kb: Path) -> None:
    page = Page("openml", "https://x/1", b"<a/>" * 1000, "2026-01-01T00:00:00Z")
    with writing(kb) as writer:
        report = writer.load(batch(), pages=[page, page], cursors=[Cursor("openml", "s1", "[1]")])
        assert report.new["pages"] == 1
        assert writer.store.cursors("openml")["s1"].state == "[1]"
        with pytest.raises(AttributeError):
            writer.load(batch(first_task=9), pages=[page], cursors=[None])  # type: ignore[list-item]  # on purpose
    with open_store(kb) as store:
        assert len(store.tasks()) == 4
        assert store.pages("openml") == [page]
        assert store.pages("openml", "https://x/2") == []
        assert store.cursors("other") == {}
    before = kb.read_bytes()
    with writing(kb) as writer:
        writer.load(batch(), pages=[page], cursors=[Cursor("openml", "s1", "[1]", "later")])
    assert kb.read_bytes() == before
    with writing(kb) as writer:
        writer.put_cursors([Cursor("openml", "s1", "[2]"), Cursor("openml", "s2", "[]")])
        writer.drop_pages("openml", [page.digest])
    with open_store(kb) as store:
        assert {name: c.state for name, c in store.cursors("openml").items()} == {
            "s1": "[2]", "s2": "[]",
        }  # fmt: skip
        assert store.pages("openml") == []


def test_an_exception_publishes_nothing(kb: Path) -> None:
    load(kb, batch(n_tasks=1))
    before = kb.read_bytes()
    with pytest.raises(ZeroDivisionError), writing(kb) as writer:
        print(writer.load(batch()).new["tasks"] / 0)
    assert kb.read_bytes() == before
    assert [file.name for file in kb.parent.iterdir()] == [kb.name]


def test_a_load_leaves_no_rows_in_memory(kb: Path) -> None:
    with writing(kb) as writer:
        writer.load(batch())
        with writer.transaction() as connection:
            held = connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary")
            names = {name for (name,) in held.fetchall()}
    assert names <= {"stage_source", "source_map"}


def test_readers_see_whole_snapshots_only(kb: Path) -> None:
    load(kb, batch(n_tasks=1))
    first = open_store(kb)
    with writing(kb) as writer:
        writer.load(batch(n_tasks=3))
        assert len(open_store(kb).tasks()) == 1
        digest = writer.publish()
        second = open_store(kb)
        assert (len(first.tasks()), len(second.tasks())) == (1, 3)
        assert second.snapshot == digest != first.snapshot
        writer.load(batch(n_tasks=4))
    assert [len(s.tasks()) for s in (first, second, open_store(kb))] == [1, 3, 4]


def test_a_second_writer_is_refused_at_once(kb: Path) -> None:
    with writing(kb), pytest.raises(BusyError, match=r"process \d+ on .* for \d+ s"), writing(kb):
        pass
    load(kb, batch())  # free again


def test_missing_store_and_folder(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="metalearn collect"),
        writing(tmp_path / "kb.duckdb", create=False),
    ):
        pass
    with pytest.raises(InputError, match="no folder"), writing(tmp_path / "x" / "kb.duckdb"):
        pass


def test_any_dtype_of_a_column_is_understood(kb: Path) -> None:
    given = batch(n_tasks=1, n_configurations=1, n_folds=1)
    strange = given.evaluations.convert_dtypes().astype(
        {"fold": "float64", "seed": "Int64", "value": "float32", "task": "category"}
    )
    report = load(kb, replace(given, evaluations=strange))
    assert report.new["evaluations"] == len(strange)
    assert total(report.rejected) == 0
    assert isinstance(strange, pd.DataFrame)


def test_configuration_order_is_that_of_first_loading(kb: Path) -> None:
    known = configurations(3)
    reverse = batch(n_configurations=3).configurations[::-1]
    load(kb, replace(batch(n_configurations=3), configurations=reverse))
    load(kb, batch(n_configurations=3))
    with open_store(kb) as store:
        assert store.meta_dataset("accuracy").configurations == tuple(known[::-1])
