"""Optimizers on held-out tasks: what each may see, what a trial costs, and that warm helps."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from metalearn.cli.main import main
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import METRICS
from metalearn.core.space import Space
from metalearn.core.task import Task
from metalearn.core.trial import Trial
from metalearn.errors import NotEnoughMetaDataError, UnknownNameError, UsageError
from metalearn.plots.optimizer_evaluation import optimizer_curves_data, write_optimizer_evaluation
from metalearn.workflows.evaluate.benchmarks import Answers, SurrogateBenchmark, TableBenchmark
from metalearn.workflows.evaluate.optimizers import (
    Contestant,
    OptimizerEvaluation,
    contestants,
    evaluate_optimizers,
)
from metalearn.workflows.evaluate.play_optimizer import play_search
from metalearn.workflows.warm_start.stored_runs import StoredRuns

BUNDLED = Path(__file__).resolve().parents[3] / "data"


def _space() -> Space:
    import ConfigSpace

    return Space("planted", ConfigSpace.ConfigurationSpace({"x": (0.0, 1.0), "y": (0.0, 1.0)}))


def _benchmark(*, noise: bool = False, n_tasks: int = 12) -> TableBenchmark:
    """Tasks that are all good near x = 0.8; or losses that no other task foretells."""
    histories = []
    for t in range(n_tasks):
        rng = np.random.default_rng(t)
        X = rng.random((60, 2))
        y = rng.random(60) if noise else (X[:, 0] - 0.8) ** 2 + 0.01 * X[:, 1] + t
        histories.append(History(X, y, f"t{t:02d}"))
    tasks = tuple(Task(h.task, h.task) for h in histories)
    described = MetaDataset(METRICS["error_rate"], tasks, (), np.empty((n_tasks, 0)))
    return TableBenchmark(StoredRuns(_space(), described, tuple(histories)))


@pytest.fixture(scope="module")
def found() -> OptimizerEvaluation:
    return evaluate_optimizers(_benchmark(), contestants(["random"]), (1, 3, 10), repeats=3)


def test_warm_beats_cold_where_tasks_agree(found: OptimizerEvaluation) -> None:
    mean = {(r["optimizer"], r["start"], r["k"]): r["regret_mean"]
            for r in found.to_dict()["results"]}  # fmt: skip
    for k in (1, 3, 10):
        assert mean["random", "warm", k] < 0.5 * mean["random", "cold", k]
    assert mean["random", "warm", 3] < mean["random x4", "", 3]
    assert mean["oracle", "", 1] == 0.0


@pytest.mark.slow
def test_and_neither_helps_nor_harms_where_they_foretell_nothing() -> None:
    other = evaluate_optimizers(
        _benchmark(noise=True, n_tasks=20), contestants(["random"]), (5,), repeats=10
    )
    mean = {row.recommender: row.regret_mean for row in other.result.rows}
    assert 0.6 < mean["random warm"] / mean["random cold"] < 1.6


def test_a_cold_random_search_reaches_its_expectation(found: OptimizerEvaluation) -> None:
    many = evaluate_optimizers(_benchmark(), contestants(["random:cold"]), (3,), repeats=60)
    mean = {row.recommender: row.regret_mean for row in many.result.rows}
    assert mean["random cold"] == pytest.approx(mean["random"], rel=0.15)
    assert found.result.rows[0].n_tasks == 12


def test_curves_fall_and_lie_between_the_ends(found: OptimizerEvaluation) -> None:
    curves = found.result.curves
    assert np.all((curves >= 0) & (curves <= 1))
    assert np.all(np.diff(curves, axis=2) <= 1e-12)


def test_the_result_is_drawn_and_written(found: OptimizerEvaluation, tmp_path: Path) -> None:
    data = optimizer_curves_data(found)
    assert data.optimizers == ("random", "random", "random x4", "random")
    assert data.starts == ("warm", "cold", "", "")
    assert data.regret.shape == (4, 10, 3)
    assert np.allclose(data.rank[..., 0].sum(axis=0), 1 + 2 + 3 + 4)
    assert np.all(data.regret[..., 1] <= data.regret[..., 0] + 1e-12)
    paths = write_optimizer_evaluation(found, tmp_path)
    assert {"evaluation.json", "curves.svg", "per_task.csv"} <= {p.name for p in paths}
    document = json.loads((tmp_path / "evaluation.json").read_text())
    assert document["protocol"]["benchmark"] == "planted"


class Recorder:
    """Asks for fixed points at fixed fidelities, and remembers what it was told."""

    def __init__(self, fidelities: list[float]) -> None:
        self.fidelities, self.told = list(fidelities), []

    def ask(self, n: int = 1) -> list[Trial]:
        number = len(self.told)
        fidelity = self.fidelities[number % len(self.fidelities)]
        return [Trial(Configuration("planted", {"x": 0.5, "y": 0.5}), number, fidelity)]

    def tell(self, trials: Trial) -> None:
        self.told.append(trials)


class Planted(Answers):
    """Answers to everything: 2 at full fidelity, 1 below."""

    def loss(self, configuration: Configuration, fidelity: float) -> float:
        return 2.0 if fidelity == 1.0 else 1.0


def test_trials_at_low_fidelity_cost_their_share_and_do_not_count_as_results() -> None:
    answers = Planted(_space(), np.array([0.0, 3.0]), METRICS["error_rate"])
    optimizer = Recorder([0.25, 0.25, 0.5, 1.0])
    played = play_search(optimizer, answers, 4)
    assert played.n_asked == 8
    assert np.isnan(played.losses[0])
    assert played.losses[1:].tolist() == [2.0, 2.0, 2.0]


def test_a_table_is_asked_for_the_nearest_open_point_and_ends() -> None:
    X = np.array([[0.45, 0.5], [0.9, 0.9], [0.6, 0.5]])
    answers = Answers(_space(), np.array([3.0, 1.0, 2.0]), METRICS["error_rate"], X)
    optimizer = Recorder([1.0])
    played = play_search(optimizer, answers, 5)
    assert [t.configuration.hyperparameters["x"] for t in optimizer.told] == [0.45, 0.6, 0.9]
    assert played.losses.tolist() == [3.0, 2.0, 1.0, 1.0, 1.0]


def test_names_say_how_they_start() -> None:
    assert contestants(["tpe:cold", "random"]) == (
        Contestant("tpe", "cold"),
        Contestant("random", "warm"),
        Contestant("random", "cold"),
    )
    with pytest.raises(UsageError, match="expected NAME, NAME:cold or NAME:warm"):
        contestants(["tpe:hot"])
    with pytest.raises(UnknownNameError, match="unknown optimizer"):
        contestants(["magic"])


def test_tasks_that_say_nothing_are_refused() -> None:
    bench = _benchmark(n_tasks=2)
    flat = tuple(History(h.X, np.zeros(len(h)), h.task) for h in bench.sources.histories)
    sources = StoredRuns(_space(), bench.sources.described, flat)
    with pytest.raises(NotEnoughMetaDataError, match="every task has equal losses"):
        evaluate_optimizers(TableBenchmark(sources), contestants(["random"]), (1,))


def test_a_surrogate_benchmark_answers_as_the_network_does(shared_data: Path) -> None:
    pytest.importorskip("onnxruntime")
    folder = shared_data / "metadatasets" / "yahpo" / "iaml_glmnet"
    bench = SurrogateBenchmark(folder, "error_rate", n_runs=30, n_sample=500)
    assert len(bench.sources.histories) == 4
    history, answers = bench.sources.histories[1], bench.answers(1)
    configuration = bench.sources.space.decode(history.X[:1])[0]
    assert answers.loss(configuration, 1.0) == pytest.approx(history.y[0], abs=1e-5)
    assert answers.loss(configuration, 0.1) != pytest.approx(history.y[0], abs=1e-5)
    found = evaluate_optimizers(bench, contestants(["random:warm", "tpe:cold"]), (3, 6))
    assert found.result.curves.shape == (5, 4, 6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "metric"), [("iaml_glmnet", "error_rate"), ("rbv2_rpart", "accuracy")]
)
def test_a_surrogate_benchmark_takes_its_own_first_metric(
    shared_data: Path, capsys: pytest.CaptureFixture[str], scenario: str, metric: str
) -> None:
    """The first outputs are mmce and acc, as the README of the data lists them."""
    pytest.importorskip("onnxruntime")
    folder = shared_data / "metadatasets" / "yahpo" / scenario
    words = ["evaluate", "--benchmark", f"yahpo:{folder}", "--optimizers", "random:cold"]
    assert main([*words, "--tasks", "2", "-k", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["protocol"]["metric"] == metric


def test_the_command_prints_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", "--optimizers", "random", "--space", "svc", "--kb", str(BUNDLED)]
    assert main([*words, "--tasks", "4", "-k", "2,4", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {(r["optimizer"], r["start"]) for r in document["results"]} == {
        ("random", "warm"), ("random", "cold"), ("random x4", ""), ("random", ""), ("oracle", ""),
    }  # fmt: skip
    assert main(["evaluate", "--optimizers", "random", "--kb", str(BUNDLED)]) == 2
    assert "needs --space" in capsys.readouterr().err
