"""Every preset fits, and says what it is made of; a strategy of one's own runs as they do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression

import metalearn
from metalearn.automl import Strategy
from metalearn.automl.estimators import AutoMLClassifier, AutoMLRegressor
from metalearn.automl.forms import learner_of, of_learner
from metalearn.automl.initial_designs import (
    Cheapest,
    Defaults,
    LatinHypercube,
    Recommended,
    Scene,
)
from metalearn.automl.model_file import load_model, save_model
from metalearn.automl.strategies import get, names, strategy_of
from metalearn.automl.strategy import (
    BEST,
    Guided,
    Improvement,
    Learners,
    Optimized,
    Pipelines,
    Rungs,
)
from metalearn.errors import (
    MissingPackageError,
    NotEnoughMetaDataError,
    UnknownNameError,
    UsageError,
)
from metalearn.learners import get as get_learner
from metalearn.learners.joint import named_space
from metalearn.optimizers.parego import ParEGO
from metalearn.pipelines import wrapped

from .clocks import SteppingClock
from .in_process import fits_in_process

CHEAP = ("ridge", "decision_tree", "naive_bayes", "logistic_regression")
RUNNING = [name for name in names() if not get(name).needs]


@pytest.fixture(scope="module", autouse=True)
def in_process():
    with fits_in_process() as patch:
        yield patch


@pytest.fixture(scope="module")
def classes():
    return make_classification(90, 5, n_informative=3, class_sep=2.0, random_state=1)


def fitted(preset, data, cls=AutoMLClassifier, **changed):
    options = {"time_budget": 6.0, "remember": False, "random_state": 0, "algorithms": CHEAP}
    model = cls(preset=preset, **{**options, **changed})
    model._clock = SteppingClock(0.1)
    return model.fit(*data)


@pytest.mark.parametrize("name", RUNNING)
def test_a_preset_fits_and_its_parts_are_seen_in_the_trials(name, classes):
    model = fitted(name, classes)
    strategy = get(name)
    assert model.predict_proba(classes[0]).shape == (90, 2)
    assert model.score(*classes) > 0.7
    sources = set(model.trials_["source"])
    if strategy.memory is None:
        assert "recommended" not in sources
        assert model.snapshot_ == ""
    elif any(part.reads_store for part in strategy.initial):
        assert "recommended" in sources
    assert ("search" in sources) <= (strategy.search is not None)
    if strategy.search is not None and not strategy.is_guided and not strategy.initial:
        assert "search" in sources
    if strategy.improvement.is_single:
        assert len(model.ensemble_.members) == 1
    if strategy.improvement.refit == "never":
        assert not any(m.is_refitted for m in model.ensemble_.members)


def test_presets_make_the_same_trials_again(classes):
    tables = [fitted("h2o", classes, time_budget=3.0).trials_ for _ in "ab"]
    assert tables[0]["configuration"].tolist() == tables[1]["configuration"].tolist()


def test_a_preset_searches_its_learners_only(classes):
    trials = fitted("flaml", classes, algorithms=None, time_budget=3.0).trials_
    algorithms = {c.algorithm for c in trials["configuration"]}
    assert algorithms <= set(get("flaml").space.names)


def test_a_strategy_of_ones_own(classes):
    mine = Strategy(
        name="mine",
        space=Learners(("ridge", "decision_tree", "naive_bayes")),
        initial=(Defaults(), LatinHypercube(3)),
        search=Optimized("random"),
        improvement=Improvement(ways=("greedy",), rounds=3, stack=False),
    )
    model = fitted(mine, classes, algorithms=None)
    assert {c.algorithm for c in model.trials_["configuration"]} == {
        "naive_bayes",
        "decision_tree",
    }
    assert "mine" in repr(model)
    assert clone(model).preset == mine
    regression = make_regression(80, 4, noise=1.0, random_state=0)
    assert fitted(mine, regression, AutoMLRegressor, algorithms=None).score(*regression) > 0.6


@pytest.mark.parametrize("name", [name for name in names() if get(name).needs])
def test_a_preset_that_is_not_built_says_what_it_needs(name, classes):
    with pytest.raises(
        UsageError, match=f"{name}.*needs a search over neural networks.*auto-weka"
    ):
        fitted(name, classes)


def test_unknown_presets(classes):
    with pytest.raises(UsageError, match="did you mean 'auto-sklearn'"):
        fitted("autosklearn", classes)
    with pytest.raises(UsageError, match="expected a name"):
        fitted(3, classes)


def test_a_preset_in_a_file(classes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = """
from dataclasses import replace
from metalearn.automl.initial_designs import LatinHypercube
from metalearn.automl.strategies.hyperopt_sklearn import STRATEGY as TPE

STRATEGY = replace(TPE, name="tpe-after-cube", initial=(LatinHypercube(2),))
"""
    (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    model = fitted("mine.py", classes, time_budget=1.5)
    assert strategy_of("mine.py").name == "tpe-after-cube"
    assert "opening" in set(model.trials_["source"])
    save_model(model, tmp_path / "m.metalearn")
    assert load_model(tmp_path / "m.metalearn").preset == "mine.py"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"'mine.py' cannot be read: FileNotFoundError"),
        ("STRATEGY = 3", r"expected STRATEGY = .*, got int"),
        ("mine = 3", "got no STRATEGY"),
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing"),
        ("from metalearn.automl import Strategy\nSTRATEGY = Strategy(name='m')", "neither"),
    ],
)
def test_files_that_are_no_preset(text, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        (tmp_path / "mine.py").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        strategy_of("mine.py")


def test_searches_that_cannot_run(classes):
    with pytest.raises(UnknownNameError, match="did you mean 'tpe'"):
        fitted(Strategy(name="mine", search=Optimized("tpee")), classes)
    search = Optimized("tpe", besides=("fit_seconds",))
    with pytest.raises(UsageError, match=r"'tpe' takes the loss alone.*parego"):
        fitted(Strategy(name="mine", search=search), classes)


def test_a_search_of_several_objectives_learns_both(classes, monkeypatch):
    told = []
    tell = ParEGO.tell
    monkeypatch.setattr(ParEGO, "tell", lambda s, t: (told.append(t), tell(s, t))[1])
    fitted(replace(get("mlr-mbo"), initial=(LatinHypercube(2),)), classes)
    finished = [trial for trial in told if trial.status == "ok"]
    assert len(finished) > 4
    assert all(set(trial.losses) == {"loss", "predict_seconds"} for trial in finished)
    assert all(trial.losses["loss"] == trial.loss for trial in finished)


@pytest.mark.parametrize(("name", "seconds"), [("tpot", 6.0), ("gama", 15.0)])
def test_pipelines_end_in_the_chosen_learners(name, seconds, classes):
    trials = fitted(name, classes, time_budget=seconds).trials_
    configurations = trials["configuration"].tolist()
    assert {c.algorithm for c in configurations} == {"pipeline"}
    assert {learner_of(c) for c in configurations} <= set(CHEAP)
    searched = trials.loc[trials["source"] == "search", "configuration"]
    assert any("step1" in c.hyperparameters for c in searched)
    assert not any("union" in c.hyperparameters.values() for c in configurations
                   if name == "gama")  # fmt: skip
    if name == "gama":
        listed = trials.loc[trials["source"] == "recommended", "configuration"]
        assert len(listed)
        assert not any("step1" in c.hyperparameters for c in listed)


def test_designs_are_wrapped_in_pipelines(classes):
    mine = Strategy(name="mine", space=Pipelines(), initial=(Defaults(), LatinHypercube(1)))
    found = fitted(mine, classes, time_budget=4.0).trials_["configuration"].tolist()
    assert {c.algorithm for c in found} == {"pipeline"}
    assert len(found) >= 2
    with pytest.raises(UsageError, match="Guided searches learners, not pipelines"):
        Strategy(name="mine", space=Pipelines(), search=Guided())


def test_a_space_whose_package_is_missing(classes, monkeypatch):
    boosting = metalearn.learners.get("lightgbm")
    monkeypatch.setattr(type(boosting), "is_installed", property(lambda a: a.package == "sklearn"))
    mine = Strategy(name="mine", space=Learners(("lightgbm",)), search=Optimized("random"))
    with pytest.raises(MissingPackageError, match="lightgbm"):
        fitted(mine, classes, algorithms=None)


def test_a_space_of_another_kind_of_task(classes):
    mine = Strategy(name="mine", space=Learners(("svr",)), search=Optimized("random"))
    with pytest.raises(UsageError, match="'mine' searches svr, none of which can do class"):
        fitted(mine, classes, algorithms=None)


def test_a_list_without_a_store(classes, tmp_path):
    with pytest.raises(NotEnoughMetaDataError, match=r"'oboe' tries nothing but stored.*default"):
        fitted("oboe", classes, kb=tmp_path / "nothing.duckdb")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({}, "neither an initial design nor a search"),
        ({"initial": (Recommended(),)}, "memory="),
        ({"search": Optimized("random"), "folds": 1}, "folds >= 2"),
        ({"search": Optimized("random"), "trial_share": 2.0}, "trial_share"),
    ],
)
def test_parts_that_do_not_go_together(parts, message):
    with pytest.raises(UsageError, match=message):
        Strategy(name="mine", **parts)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Improvement(ways=("loud",)),
        lambda: Improvement(rounds=0),
        lambda: Improvement(stacks_of=("some",)),
        lambda: Rungs(eta=1),
        lambda: Optimized("parego", besides=("size",)),
        lambda: LatinHypercube(0),
        lambda: Recommended(0),
    ],
)
def test_parts_without_meaning(build):
    with pytest.raises(UsageError, match="expected"):
        build()


def test_cheapest_forms_are_smaller_than_defaults():
    space, _ = named_space(("random_forest", "lightgbm"), "classification")
    scene = Scene(space, lambda: None, lambda c: 1.0, lambda: 0.0, np.random.default_rng(0))
    for found in Cheapest().begin(scene).listed({}):
        default = space.part_of(found.algorithm).default()
        sizes = [n for n in found.hyperparameters
                 if n in ("n_estimators", "max_iter", "num_leaves", "iterations")]  # fmt: skip
        assert sizes
        smaller = [found.hyperparameters[n] < default.hyperparameters[n] for n in sizes]
        assert all(smaller), found


def test_strategies_are_values():
    assert replace(get("tpot")) == get("tpot")
    assert hash(get("tpot")) == hash(replace(get("tpot")))
    assert BEST.is_single


def test_a_pipeline_takes_the_seconds_of_its_learner():
    alone = get_learner("ridge").space("regression").default()
    assert of_learner(wrapped(alone, "scaled")) == alone
    assert of_learner(alone) == alone
