"""A search for several objectives on a small table: the front, warm starts, refusals."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import metalearn
from metalearn.cli.main import main
from metalearn.core.configuration import Configuration
from metalearn.core.objective import COSTS
from metalearn.errors import UnknownNameError, UsageError
from metalearn.learners.evaluation import FoldScores, Procedure
from metalearn.learners.model_measures import ModelMeasures
from metalearn.numerics.search.pareto import undominated
from metalearn.store import open_store
from metalearn.workflows.objectives import objective_values, stored_values
from metalearn.workflows.optimize import several
from metalearn.workflows.optimize.front import hypervolumes, losses_of
from metalearn.workflows.optimize.result import Optimization
from metalearn.workflows.warm_start.front_design import front_portfolio

SEARCH = {"space": "decision_tree", "procedure": Procedure(n_folds=2)}
NAMES = "log_loss,fit_seconds,n_columns"


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    found = pd.DataFrame(rng.normal(size=(90, 4)), columns=list("abcd"))
    found["y"] = np.where(found["a"] + 0.3 * found["b"] > 0, "yes", "no")
    return found


@pytest.fixture(scope="module")
def kb(some_tasks_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copy(some_tasks_file, tmp_path_factory.mktemp("kb")))


@pytest.fixture(scope="module")
def found(frame: pd.DataFrame, kb: Path) -> Optimization:
    return metalearn.optimize(
        frame, "y", kb=kb, trials=10, warm_start=4, objectives=NAMES, **SEARCH
    )


def test_the_front_is_not_dominated(found: Optimization) -> None:
    assert found.optimizer == "parego"
    assert [objective.name for objective in found.objectives] == NAMES.split(",")
    losses = losses_of(found.trials, found.objectives)
    finished = losses[np.isfinite(losses).all(axis=1)]
    front = losses_of(found.front, found.objectives)
    assert len(finished) >= 8
    assert undominated(np.concatenate([front, finished]))[: len(front)].all()
    assert set(map(tuple, finished[undominated(finished)])) == set(map(tuple, front))
    assert found.front[0].score == found.best.score
    assert all(0 <= trial.values["n_columns"] <= 4 for trial in found.front)
    assert all(trial.values["fit_seconds"] >= 0 for trial in found.front)
    assert 0 < found.hypervolume <= 1
    first, second = hypervolumes([found, found])
    assert first == second > 0


def test_the_design_spreads_over_the_front_of_similar_tasks(found: Optimization) -> None:
    assert sum(trial.origin == "warm start" for trial in found.trials) == 4
    assert any("n_columns" in note for note in found.notes)


def test_the_document_and_the_frame_hold_the_objectives(found: Optimization) -> None:
    document = json.loads(found.to_json())
    assert document["objectives"] == NAMES.split(",")
    assert len(document["front"]) == len(found.front)
    assert document["front"][0]["objectives"]["log_loss"] == found.front[0].score
    assert document["hypervolume"] == found.hypervolume
    assert found.to_frame()["n_columns"].notna().sum() >= 8


def test_stored_trials_count_if_the_store_knows_every_objective(
    found: Optimization, frame: pd.DataFrame, kb: Path
) -> None:
    search = {"trials": 1, "warm_start": 2, "kb": kb, "remember": False, **SEARCH}
    two = metalearn.optimize(frame, "y", objectives=["log_loss", "predict_seconds"], **search)
    assert len(two.remembered) == 10
    assert {"log_loss", "predict_seconds"} == set(two.remembered[0].values)
    three = metalearn.optimize(frame, "y", objectives=NAMES, **search)
    assert three.remembered == ()
    assert any("do not count" in note for note in three.notes)


def test_scores_are_means_and_costs_medians() -> None:
    folds = [
        FoldScores(i, {"log_loss": loss}, fit_s, 0.2, None, ModelMeasures(10 * i, i))
        for i, (loss, fit_s) in enumerate([(0.1, 9.0), (0.2, 1.0), (0.6, 2.0)])
    ]
    objectives = metalearn_objectives("log_loss", *COSTS)
    values = objective_values(objectives, folds, [100, 200, 400])
    assert values["log_loss"] == pytest.approx(0.3)
    assert values["fit_seconds"] == 2.0
    assert values["predict_seconds"] == 1.0
    assert (values["size_bytes"], values["n_columns"]) == (10.0, 1.0)


def metalearn_objectives(*names: str) -> tuple:
    from metalearn.core.metric import metric_named
    from metalearn.core.objective import chosen_objectives

    return chosen_objectives(names, metric_named, ())


def test_a_trial_without_a_value_of_an_objective_failed(frame: pd.DataFrame, kb: Path) -> None:
    """A linear support vector machine has no probabilities, hence no log loss."""
    found = metalearn.optimize(
        frame, "y", kb=kb, trials=2, warm_start=0, space="linear_svm", remember=False,
        objectives=["balanced_accuracy", "log_loss"], procedure=Procedure(n_folds=2),
    )  # fmt: skip
    assert {trial.status for trial in found.trials} == {"failed"}
    assert "log_loss is not defined" in found.trials[0].reason
    assert found.front == ()


def test_the_design_covers_the_fronts_of_the_known_tasks() -> None:
    """Planted values: `slow` is good, `fast` is fast, `bad` is neither, `odd` is so once."""
    space = metalearn.learners.get("naive_bayes").space("classification")
    slow, fast, bad, odd = space.sample(4, np.random.default_rng(0))
    planted = {slow: (0.1, 9.0), fast: (0.5, 0.1), bad: (0.6, 5.0), odd: (0.7, 9.0)}
    rows = [
        (task, c.key, c.algorithm, c.canonical, *values)
        for task in ("one", "two", "three")
        for c, values in {**planted, **({odd: (0.09, 9.0)} if task == "three" else {})}.items()
    ]
    names = ["task", "configuration", "algorithm", "hyperparameters", "log_loss", "fit_seconds"]
    table = pd.DataFrame([*rows, ("two", bad.key, *rows[2][2:4], np.inf, 0.1)], columns=names)
    objectives = metalearn_objectives("log_loss", "fit_seconds")
    weights = {"one": 0.4, "two": 0.4, "three": 0.2}
    design = front_portfolio(table, space, objectives, weights, 5)
    assert set(design[:2]) == {slow, fast}
    assert design[2:] == (odd,)
    without = front_portfolio(table, space, objectives, weights, 5, degenerate={fast})
    assert without == (slow, odd)
    assert front_portfolio(table[:0], space, objectives, weights, 5) == ()


@pytest.mark.parametrize("names", ["log_loss,size_bytes", "log_loss,size_bytes,fit_seconds"])
def test_seconds_stand_in_for_sizes_in_the_design(
    names: str, frame: pd.DataFrame, kb: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def remembering(store: object, space: object, objectives: tuple, *_: object, **__: object):
        asked.append([objective.name for objective in objectives])
        return ()

    monkeypatch.setattr(several, "front_design", remembering)
    found = metalearn.optimize(
        frame, "y", kb=kb, trials=1, warm_start=2, objectives=names, remember=False, **SEARCH
    )
    assert asked == [["log_loss", "fit_seconds"]]
    assert any("fit_seconds of other tasks stand in for size_bytes" in n for n in found.notes)


def test_stored_values_have_every_objective(kb: Path) -> None:
    with open_store(kb) as store:
        task = store.tasks().loc[lambda t: t["kind"] == "classification", "task"].iloc[0]
        objectives = metalearn_objectives("log_loss", "fit_seconds", "predict_seconds")
        table = stored_values(store, objectives, [task], n_test=500.0)
        row = table.iloc[0]
        folds = store.sql(
            f"SELECT median(fit_s), median(predict_s), avg(value) FROM evaluation WHERE "
            f"task = '{task}' AND configuration = '{row['configuration']}' "
            "AND metric = 'log_loss' AND status = 'ok'"
        ).iloc[0]
    assert row["fit_seconds"] == pytest.approx(folds.iloc[0], abs=1e-4)
    assert row["predict_seconds"] == pytest.approx(2 * folds.iloc[1], abs=1e-3)
    assert row["log_loss"] == pytest.approx(folds.iloc[2])
    assert Configuration(row["algorithm"], json.loads(row["hyperparameters"]))


@pytest.mark.parametrize(
    ("options", "error", "told"),
    [
        ({"objectives": "log_loss,predict_second"}, UnknownNameError, "predict_seconds"),
        ({"objectives": "log_loss,log_loss"}, UsageError, "named twice"),
        ({"objectives": "rmse,fit_seconds"}, UsageError, "metric for regression"),
        ({"objectives": "fit_seconds,log_loss"}, UsageError, "must be a metric"),
        ({"objectives": NAMES, "metric": "roc_auc"}, UsageError, "leave out --metric"),
        ({"objectives": NAMES, "optimizer": "bayesian"}, UsageError, "random, parego, nsga-ii"),
    ],
)
def test_objectives_that_do_not_fit_are_refused(
    frame: pd.DataFrame, kb: Path, options: dict[str, str], error: type[Exception], told: str
) -> None:
    with pytest.raises(error, match=told):
        metalearn.optimize(frame, "y", kb=kb, trials=1, remember=False, **options, **SEARCH)


def test_the_command_prints_and_draws_the_front(
    frame: pd.DataFrame, kb: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame.to_csv(tmp_path / "t.csv", index=False)
    own = Path(shutil.copy(kb, tmp_path))
    words = ["optimize", str(tmp_path / "t.csv"), "--target", "y", "--space", "decision_tree",
             "--kb", str(own), "--no-remember", "--trials", "4", "--warm-start", "2",
             "--objectives", "log_loss,size_bytes", "--optimizer", "nsga-ii",
             "--html", str(tmp_path / "page.html"), "--out", str(tmp_path / "out")]  # fmt: skip
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "size_bytes" in shown
    assert "hypervolume" in shown
    drawn = pd.read_csv(tmp_path / "out" / "front.csv")
    assert list(drawn.columns) == ["search", "log_loss", "size_bytes", "front"]
    assert drawn["front"].any()
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Pareto front" in page
    assert "front.csv" in page
    assert (tmp_path / "out" / "front.svg").stat().st_size > 0
    assert main([*words[:-6], "--optimizer", "tpe"]) == 2
    assert "one objective" in capsys.readouterr().err
