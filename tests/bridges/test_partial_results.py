"""Partial results carry their share of the full resource and are never taken for full scores."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.svm import SVC

import metalearn
from metalearn.bridges import get
from metalearn.bridges.resources import extra_resource, shares_of
from metalearn.core.trial import Trial
from metalearn.errors import InputError, UsageError
from metalearn.optimizers import get as optimizer
from metalearn.store import open_store
from metalearn.testing.warm_worlds import planted_warm
from metalearn.workflows.warm_start.user_space import in_user_space, space_mapping

X, Y = load_iris(return_X_y=True)
WARM = planted_warm(n_seeds=3)


def test_shares_are_those_of_the_most_that_was_used():
    assert shares_of([20, 60, 180]) == pytest.approx([1 / 9, 1 / 3, 1.0])
    assert shares_of([None, None]) == [1.0, 1.0]
    assert extra_resource([{"C": 1.0, "n": 10}, {"C": 2.0, "n": 30}], ["C"]) == "n"
    assert extra_resource([{"C": 1.0, "n": 10}, {"C": 2.0, "n": 10}], ["C"]) is None


class TestOptuna:
    optuna = pytest.importorskip("optuna")

    def study(self, pruner=None, first=0, warm=WARM, n_steps=9):
        from metalearn.bridges.optuna import suggest

        def objective(trial):
            suggest(trial, warm.space)
            for step in range(first, first + n_steps):
                trial.report(0.5 + step / 100, step)
                if trial.number % 2 and step == first + 2:
                    raise self.optuna.TrialPruned
            return 0.9

        study = warm.to_optuna(
            study=self.optuna.create_study(direction="maximize", pruner=pruner), seed=0, n_guided=0
        )
        study.optimize(objective, n_trials=6)
        return study

    @pytest.mark.parametrize("first", [0, 1])
    def test_pruned_trials_have_the_share_of_their_last_step(self, first):
        trials = get("optuna").trials(WARM, self.study(first=first))
        partial = [trial for trial in trials if trial.fidelity < 1.0]
        assert [trial.fidelity for trial in partial] == pytest.approx([3 / 9] * 3)
        assert [t.loss for t in partial] == pytest.approx([1.0 - 0.52 - first / 100] * 3)
        assert [t.loss for t in trials if t.is_full_result] == pytest.approx([0.1] * 3)

    def test_a_share_that_nobody_knows_is_no_result(self):
        study = self.study(n_steps=3)  # pruned at the last step of a full trial
        assert [t.loss for t in get("optuna").trials(WARM, study)] == pytest.approx([0.1] * 3)

    @pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
    def test_the_pruner_of_wilcoxon_counts_reports(self):
        study = self.optuna.create_study(
            direction="maximize", pruner=self.optuna.pruners.WilcoxonPruner()
        )
        from metalearn.bridges.optuna import suggest

        def objective(trial):
            suggest(trial, WARM.space)
            for instance in [7, 3, 5, 1][: 2 if trial.number == 1 else 4]:
                trial.report(0.6, instance)
            return 0.6  # returned, not raised, as its documentation says

        study.optimize(objective, n_trials=2)
        assert [t.fidelity for t in get("optuna").trials(WARM, study)] == [1.0, 0.5]

    def test_they_are_remembered_while_the_study_runs(self):
        memory = _Noted()
        warm = replace(WARM, memory=memory)
        self.study(warm=warm)
        assert sorted(t.fidelity for t in memory.told) == pytest.approx([1 / 3] * 3 + [1.0] * 3)

    def test_guided_trials_go_on_after_pruned_ones(self):
        from metalearn.bridges.optuna import suggest

        study = WARM.to_optuna(seed=0, n_guided=6)

        def objective(trial):
            suggest(trial, WARM.space)
            trial.report(0.99, 1)
            if trial.number == 1:
                raise self.optuna.TrialPruned
            trial.report(0.5, 2)
            return 0.5

        study.optimize(objective, n_trials=6)
        guide = study.sampler._guide
        assert sorted(t.fidelity for t in guide.trials)[0] == 0.5
        assert len({tuple(t.params.items()) for t in study.trials}) == 6


@dataclass
class _Noted:
    """A memory that keeps what it is told."""

    told: list[Trial] = field(default_factory=list)

    def tell(self, _warm, trials):
        self.told += trials


class TestHalving:
    @pytest.mark.parametrize("kind", ["HalvingGridSearchCV", "HalvingRandomSearchCV"])
    def test_finalists_are_full_results_and_the_others_partial(self, kind, tmp_path):
        from sklearn import model_selection
        from sklearn.experimental import enable_halving_search_cv  # noqa: F401

        grid = {"C": [0.1, 0.5, 1.0, 10.0], "gamma": [1e-3, 0.1, 1.0]}
        extra = {} if "Grid" in kind else {"n_candidates": 12}
        search = getattr(model_selection, kind)(
            SVC(), grid, min_resources=30, factor=2, cv=3, random_state=0,
            scoring="balanced_accuracy", **extra,
        ).fit(X, Y)  # fmt: skip
        mapping = space_mapping(grid, estimator=SVC(), n_features=4)
        warm = in_user_space(planted_warm(), mapping, 1)
        kb = tmp_path / "mine.duckdb"
        report = metalearn.remember(warm, search, X, Y, kb=kb)
        assert not report.rejected
        resources = search.cv_results_["n_resources"]
        with open_store(kb) as store:
            rows = store.sql("SELECT value, fidelity FROM evaluation WHERE status = 'ok'")
        np.testing.assert_allclose(sorted(rows["fidelity"]), sorted(resources / resources.max()))
        full = search.cv_results_["mean_test_score"][resources == resources.max()]
        np.testing.assert_allclose(sorted(rows["value"][rows["fidelity"] == 1.0]), sorted(full))


def test_shares_can_be_given_with_pairs():
    values = dict(WARM.space.default().hyperparameters)
    (ray,) = get("raytune").trials(WARM, [(values, 0.3, 0.25)])
    told = type("Told", (), {"config": values})
    short, long = get("synetune").trials(
        WARM, [(told, {"epoch": 3, "loss": 0.4}), (told, {"epoch": 9, "loss": 0.2})]
    )
    assert (ray.loss, ray.fidelity) == (0.3, 0.25)
    assert (short.loss, short.fidelity) == (0.4, pytest.approx(1 / 3))
    assert (long.loss, long.fidelity) == (0.2, 1.0)


def test_flaml_sample_sizes_are_shares():
    flaml = pytest.importorskip("flaml")
    arguments = WARM.to_flaml(seed=0, resource_attr="rows", min_resource=10, max_resource=90)
    rows = []

    def evaluate(config):
        rows.append(config["rows"])
        return {"loss": 0.5}

    analysis = flaml.tune.run(evaluate, num_samples=6, verbose=0, **arguments)
    shares = [trial.fidelity for trial in get("flaml").trials(WARM, analysis)]
    if len(set(rows)) > 1:
        np.testing.assert_allclose(sorted(shares), np.sort(rows) / max(rows))


def test_partial_observations_are_not_given_to_other_libraries():
    partial = Trial(WARM.space.default(), fidelity=0.1).finished(0.01)
    warm = replace(WARM, observations=(partial,))
    assert warm.known_results == ()
    assert warm.following([partial]) == []
    optuna = pytest.importorskip("optuna")
    study = warm.to_optuna(seed=0)
    assert not [t for t in study.trials if t.state == optuna.trial.TrialState.COMPLETE]


@pytest.mark.parametrize("name", ["cma", "pso", "evolution", "bayesian", "tpe", "asha"])
def test_a_partial_loss_never_becomes_the_best_of_an_optimizer(name):
    found = optimizer(name)(WARM.space, rng=np.random.default_rng(0))
    (trial,) = found.ask()
    full = Trial(trial.configuration, trial.number).finished(0.4)
    found.tell([full, Trial(WARM.configurations[0], fidelity=0.1).finished(0.001)])
    assert found.incumbent == full
    assert found.ask()


class _Grid(list):
    """What of a `ResultGrid` is read, without a cluster: results, and the analysis behind them."""

    def __init__(self, results, metric, mode):
        super().__init__(results)
        self._experiment_analysis = SimpleNamespace(default_metric=metric, default_mode=mode)


def _result(metrics, error=None):
    config = dict(WARM.space.default().hyperparameters)
    return SimpleNamespace(config=config, metrics=metrics, error=error)


@pytest.mark.parametrize(("name", "mode"), [("loss", "min"), ("balanced_accuracy", "max")])
def test_results_of_ray_tune_have_a_mode_and_iterations(name, mode):
    values = [0.3, 0.1] if mode == "min" else [0.7, 0.9]
    results = [
        _result({name: values[0], "training_iteration": 3}),
        _result({name: values[1], "training_iteration": 9}),
        _result({}, ValueError("out of memory")),
    ]
    stopped, full, failed = get("raytune").trials(WARM, _Grid(results, name, mode))
    assert (stopped.loss, stopped.fidelity) == (pytest.approx(0.3), pytest.approx(1 / 3))
    assert (full.loss, full.fidelity) == (pytest.approx(0.1), 1.0)
    assert failed.status == "failed"


def test_results_of_ray_tune_for_another_metric_or_several_are_refused():
    result = _result({"accuracy": 0.9, "training_iteration": 1})
    for metric, mode, why in (("accuracy", "max", "accuracy"), (["a", "b"], ["min", "max"], "2")):
        with pytest.raises(UsageError, match=why):
            get("raytune").trials(WARM, _Grid([result], metric, mode))


@pytest.mark.parametrize("name", ["optuna", "smac", "hyperopt", "skopt", "flaml", "raytune",
                                  "synetune", "ax", "nevergrad", "sklearn_search"])  # fmt: skip
def test_what_is_no_result_of_the_library_is_refused(name, tmp_path):
    with pytest.raises(InputError):
        metalearn.remember(WARM, object(), X, Y, bridge=name, kb=tmp_path / "mine.duckdb")
