"""Presets on tables: each fit is made once, what failed is last, and the document is complete."""

from __future__ import annotations

import json
import math
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import log_loss

from metalearn.automl.objective import objective_of
from metalearn.cli.main import main
from metalearn.errors import InputError, UnknownNameError, UsageError
from metalearn.plots.system_evaluation import system_curves_data, write_system_evaluation
from metalearn.workflows.evaluate.systems.alone import KeptRows, run_alone
from metalearn.workflows.evaluate.systems.one_fit import FOREST, held_out_loss, one_fit
from metalearn.workflows.evaluate.systems.run import (
    IDENTITY,
    SystemRequest,
    chosen_systems,
    evaluate_systems,
    related,
)
from metalearn.workflows.tables.index import table_entries

LOSS = {"default": 0.1, "tpot": 0.2, FOREST: 0.3}


@pytest.fixture
def tables(tmp_path):
    folder = tmp_path / "tables"
    folder.mkdir()
    iris = load_iris(as_frame=True).frame
    for name, n in (("first", 60), ("second", 90)):
        iris.sample(n, random_state=n).to_csv(folder / f"{name}.csv", index=False)
    return folder


def counted(losses=LOSS):
    jobs = []

    def run(job):
        jobs.append(job)
        loss = losses[job["system"]]
        makes_trials = job["system"] != FOREST and math.isfinite(loss)
        curve = [[1.0, 2 * loss], [2.0, loss]] if makes_trials else []
        return {"loss": loss, "fit_s": 3.0, "cpu_s": 2.0, "n_trials": 2, "curve": curve,
                "error": "" if math.isfinite(loss) else "stopped"}  # fmt: skip

    run.jobs = jobs
    return run


def test_ranks_and_wins(tables):
    found = evaluate_systems(
        tables, SystemRequest(("tpot", "default"), budget_s=5.0, n_splits=2), run=counted()
    )
    assert [row.system for row in found.rows] == ["default", "tpot", FOREST]
    assert [row.rank_mean for row in found.rows] == [1.0, 2.0, 3.0]
    assert found.rows[1].loss_mean == pytest.approx(0.5)
    assert [(c.system, c.reference, c.wins, c.losses) for c in found.comparisons] == [
        ("tpot", "default", 0, 2), (FOREST, "default", 0, 2),
        ("tpot", FOREST, 2, 0), ("default", FOREST, 2, 0),
    ]  # fmt: skip
    assert len(found.fits) == 2 * 2 * 3
    assert found.per_table().shape == (6, 4)


def test_a_fit_that_failed_is_last(tables):
    found = evaluate_systems(
        tables, SystemRequest(("tpot", "default")), run=counted({**LOSS, "default": math.nan})
    )
    last = found.rows[-1]
    assert (last.system, last.rank_mean, last.n_failed, last.loss_mean) == ("default", 3.0, 2, 1.0)
    document = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert document["protocol"]["n_tables"] == 2


def test_a_late_fit_is_counted(tables):
    found = evaluate_systems(tables, SystemRequest(("tpot",), budget_s=1.0), run=counted())
    assert [row.n_late for row in found.rows] == [2, 2]


def test_finished_fits_are_not_made_again(tables, tmp_path):
    request = SystemRequest(("tpot",), tables=("second",))
    first = counted()
    evaluate_systems(tables, request, out=tmp_path / "out", run=first)
    assert [job["system"] for job in first.jobs] == ["tpot", FOREST]
    more = counted()
    wider = SystemRequest(("tpot", "default"), tables=("second",))
    found = evaluate_systems(tables, wider, out=tmp_path / "out", run=more)
    assert [job["system"] for job in more.jobs] == ["default"]
    assert found.systems == ("tpot", "default", FOREST)
    other = counted()
    evaluate_systems(tables, SystemRequest(("tpot",), budget_s=9.0, tables=("second",)),
                     out=tmp_path / "out", run=other)  # fmt: skip
    assert len(other.jobs) == 2


def test_curves_and_files(tables, tmp_path):
    found = evaluate_systems(
        tables, SystemRequest(("tpot", "default"), budget_s=4.0), run=counted()
    )
    curves = system_curves_data(found)
    assert curves.systems == ("tpot", "default")
    assert curves.loss[0, 0] == 1.0
    # From 1 s on tpot has its first loss, which is the highest; from 2 s on a third of the range.
    assert curves.loss[0, -1] == pytest.approx((0.2 - 0.1) / (0.4 - 0.1))
    assert curves.loss[1, -1] == 0.0
    paths = write_system_evaluation(found, tmp_path / "out")
    assert {p.name for p in paths} >= {"evaluation.json", "results.csv", "seconds.png",
                                       "critical_difference.png"}  # fmt: skip


def test_a_forest_is_fitted(tables):
    found = evaluate_systems(
        tables, SystemRequest(("tpot",), tables=("first",)),
        run=lambda job: one_fit({**job, "system": FOREST}),
    )  # fmt: skip
    assert found.losses.max() < 0.7
    assert found.fits[0]["fit_s"] > 0


def test_the_loss_on_test_rows_with_a_class_that_was_not_learned():
    class Model:
        classes_ = np.array(["a", "b"])

        def predict_proba(self, X):
            return np.tile([0.25, 0.75], (len(X), 1))

        def predict(self, X):
            return np.full(len(X), "b")

    X, truth = np.zeros((3, 1)), pd.Series(["a", "b", "c"])
    found = held_out_loss(
        objective_of("log_loss", "classification"), ["a", "b"], truth, Model(), X
    )
    said = np.array([[0.25, 0.75, 0.0]] * 3)
    assert found == pytest.approx(log_loss(truth, said), rel=0.1)
    wrong = held_out_loss(
        objective_of("accuracy", "classification"), ["a", "b"], truth, Model(), X
    )
    assert wrong == pytest.approx(2 / 3)


def test_what_is_known_of_a_table_is_left_out(tables):
    (entry, _) = table_entries(tables)
    assert related(entry, entry.load(), None) == []
    named = type(entry)("diabetes", entry.path)
    assert any("diabetes" in key for key in related(named, entry.load(), None))
    assert related(entry, entry.load(), tables / "nothing.duckdb") == []


def test_a_process_of_its_own(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("def one_fit(job):\n    return {'loss': job['a'] / job['b']}\n")
    row = run_alone(sys.executable, str(script), {"a": 1, "b": 2}, limit_s=60)
    assert row["loss"] == 0.5
    assert row["cpu_s"] > 0
    failed = run_alone(sys.executable, str(script), {"a": 1, "b": 0}, limit_s=60)
    assert "ZeroDivisionError" in failed["error"]
    assert math.isnan(failed["loss"])


@pytest.mark.parametrize("text", ["no json", "[1]", '{"loss": 1}'])
def test_a_file_of_other_rows(tmp_path, text):
    (tmp_path / "fits.jsonl").write_text(text + "\n")
    with pytest.raises(InputError, match=r"fits\.jsonl"):
        KeptRows(tmp_path / "fits.jsonl", IDENTITY)


def test_half_a_row_is_forgotten(tmp_path):
    path = tmp_path / "fits.jsonl"
    job = dict.fromkeys(IDENTITY, "a")
    KeptRows(path, IDENTITY).add({**job, "loss": 0.5})
    path.write_text(path.read_text() + '{"table": "b", "lo')
    kept = KeptRows(path, IDENTITY)
    assert kept.of(job)["loss"] == 0.5
    kept.add({**job, "table": "b"})
    assert [row["table"] for row in KeptRows(path, IDENTITY).rows] == ["a", "b"]


def test_names_of_systems():
    assert chosen_systems(["default", " tpot", "default"]) == ("default", "tpot")
    assert "talos" not in chosen_systems(["all"])
    assert len(chosen_systems(["all"])) >= 15
    with pytest.raises(UsageError, match="did you mean 'tpot'"):
        chosen_systems(["tpo"])
    with pytest.raises(UsageError, match="not built"):
        chosen_systems(["talos"])
    with pytest.raises(UsageError, match="no preset is named"):
        chosen_systems([""])


def test_bad_requests(tables):
    with pytest.raises(UsageError, match="time budget"):
        SystemRequest(("default",), budget_s=0.0)
    with pytest.raises(UnknownNameError, match="did you mean 'first'"):
        evaluate_systems(tables, SystemRequest(("tpot",), tables=("frist",)), run=counted())


def test_the_command(tables, capsys, monkeypatch):
    monkeypatch.setattr("metalearn.workflows.evaluate.systems.run._alone", counted())
    words = ["evaluate", "--systems", "tpot,default", "--tables", str(tables)]
    assert main(words) == 0
    text = capsys.readouterr().out
    assert "default" in text
    assert "against untuned-forest (wins/ties/losses): tpot 2/0/0, default 2/0/0" in text
    assert main([*words, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["results"]) == 3
    assert main(words[:3]) == 2
    assert "--tables" in capsys.readouterr().err
    assert main([*words, "--jobs", "2", "-k", "3"]) == 2
    assert "--jobs, -k has no meaning beside --systems" in capsys.readouterr().err


@pytest.mark.slow  # spends whole budgets
def test_fits_of_the_command(tables, capsys):
    words = ["--tables", str(tables), "--names", "first", "--time-budget", "5", "--json"]
    assert main(["evaluate", "--systems", "default,h2o", *words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert not any(fit["error"] for fit in found["fits"])
    assert max(row["loss"] for row in found["fits"]) < 0.7
