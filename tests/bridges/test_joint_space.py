"""A warm start over several algorithms reaches every library that can search them together."""

from __future__ import annotations

import json

import numpy as np
import pytest

from metalearn import bridges
from metalearn.bridges.documents import document
from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.joint_space import JointSpace
from metalearn.core.metric import metric_named
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.errors import UsageError
from metalearn.learners import get
from metalearn.priors import KDEPrior, Pool
from tests.bridges.cases import case

pytestmark = [
    pytest.mark.filterwarnings("ignore:Please use `:DeprecationWarning"),  # SMAC
    pytest.mark.filterwarnings("ignore::RuntimeWarning:numpy"),  # SMAC: means of no times
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ax"),
    pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning"),
]
ALGORITHMS = ("svc", "random_forest", "naive_bayes")
TOGETHER = [n for n in bridges.names() if bridges.get(n).joint in ("conditional", "flat")]
ALONE = [n for n in bridges.names() if bridges.get(n).joint == "one algorithm"]


def space() -> JointSpace:
    return JointSpace("all", [get(name).space("classification") for name in ALGORITHMS])


def loss(configuration: Configuration) -> float:
    """Best at svc with the largest C; random forests are second."""
    if configuration.algorithm == "svc":
        C = configuration.hyperparameters["C"]
        return 0.2 - 0.01 * float(np.log(C))  # type: ignore[arg-type]  # a float axis
    return 0.4 if configuration.algorithm == "random_forest" else 0.5


def joint_warm(*, n_observed: int = 0) -> WarmStart:
    joint, rng = space(), np.random.default_rng(3)
    histories, tops = [], []
    for t in range(4):
        drawn = joint.sample(60, rng)
        y = np.array([loss(c) for c in drawn])
        X = joint.encode(drawn)
        histories.append(History(X, y + 0.01 * t, f"task-{t}"))
        tops.append(X[np.argsort(y)[:8]])
    pool = np.concatenate(tops)
    prior = KDEPrior(joint, Pool(pool, np.full(len(pool), 1 / len(pool)), ("planted",)))
    first = [
        joint.part_of("svc").configuration({"C": 10.0, "kernel": "poly", "degree": 3}),
        joint.part_of("random_forest").configuration({"n_estimators": 50}),
        joint.part_of("svc").configuration({"C": 100.0, "kernel": "rbf"}),
        joint.part_of("naive_bayes").configuration({"var_smoothing": 1e-8}),
    ]
    observed = tuple(Trial(c).finished(loss(c)) for c in joint.sample(n_observed, rng))
    return WarmStart(joint, tuple(first), tuple(histories), prior=prior, observations=observed,
                     metric=metric_named("balanced_accuracy"))  # fmt: skip


@pytest.mark.in_turn("n_observed")
@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n == "skopt" else []) for n in TOGETHER],
)
@pytest.mark.parametrize("n_observed", [0, 6])
def test_the_design_comes_first_and_results_come_back(name: str, n_observed: int) -> None:
    pytest.importorskip(bridges.get(name).package)
    bridge = bridges.get(name)
    warm = joint_warm(n_observed=n_observed if "observations" in bridge.honours else 0)
    asked, results = case(name).drive(warm, loss, 10)
    assert [c.algorithm for c in asked[:4]] == ["svc", "random_forest", "svc", "naive_bayes"]
    found, wanted = warm.space.encode(asked[:4]), warm.space.encode(warm.configurations)
    np.testing.assert_allclose(found, wanted, atol=1e-9)
    for configuration in asked:  # the key is that of the algorithm's own space
        own = get(configuration.algorithm).space("classification")
        assert own.configuration(configuration.hyperparameters).key == configuration.key
    if bridge.trials is not None:
        trials = bridge.trials(warm, results)
        assert sorted(t.configuration.algorithm for t in trials) == sorted(
            c.algorithm for c in asked
        )
        np.testing.assert_allclose(
            sorted(t.loss for t in trials), sorted(map(loss, asked)), atol=1e-9
        )


@pytest.mark.parametrize("name", ALONE)
def test_optimizers_of_numbers_search_the_algorithm_of_the_first(name: str) -> None:
    pytest.importorskip(bridges.get(name).package)
    asked, _ = case(name).drive(joint_warm(), loss, 10)
    assert {c.algorithm for c in asked} == {"svc"}
    assert {c.hyperparameters["kernel"] for c in asked} == {"poly"}


def test_a_search_over_one_estimator_refuses_several_algorithms() -> None:
    from sklearn.svm import SVC

    with pytest.raises(UsageError, match=r"3 algorithms(.|\n)*Optuna"):
        joint_warm().to_sklearn_search(SVC())


def test_optuna_suggests_the_axes_of_one_algorithm_only() -> None:
    optuna = pytest.importorskip("optuna")
    from metalearn.bridges.optuna import suggest

    warm = joint_warm()
    study = warm.to_optuna(seed=0)
    for _ in range(4):
        trial = study.ask()
        found = suggest(trial, warm.space)
        assert {n.partition(":")[0] for n in trial.params} == {"algorithm", found.algorithm}
        study.tell(trial, 1.0 - loss(found))
    assert isinstance(study, optuna.Study)


def test_hyperopt_gets_a_choice_of_algorithms_with_their_own_parameters() -> None:
    hyperopt = pytest.importorskip("hyperopt")

    start = joint_warm().to_hyperopt()
    rng = np.random.default_rng(0)
    for _ in range(20):
        point = hyperopt.pyll.stochastic.sample(start.space, rng=rng)
        assert {n.partition(":")[0] for n in point} == {"algorithm", point["algorithm"]}
        assert start.configuration(point).algorithm == point["algorithm"]


def test_documents_name_the_algorithm() -> None:
    warm = joint_warm()
    for form in ("json", "optuna", "configspace"):
        found = json.loads(json.dumps(document(warm, form)))  # type: ignore[arg-type]  # literals
        assert found["configurations"][1]["algorithm"] == "random_forest"
        assert found["configurations"][1]["random_forest:n_estimators"] == 50
