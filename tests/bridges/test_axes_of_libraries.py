"""Every kind of axis of every bridged library, against many draws of the library itself.

A row is a constructor of the library. `draw` is the library's own way to draw from it. Read by the
bridge, the axis must hold every value drawn, hand the very values back (also their type), and end
where the library ends: at the values themselves where they are few, else within a hundredth.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from metalearn.core.space import Space
from metalearn.errors import MetalearnError
from metalearn.workflows.foreign_objects import read_space

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:The distribution is specified by"),  # Optuna's rounding
]
NAME = "x"
THIRD = 1 / 3


@pytest.fixture(params=[1000, pytest.param(3000, marks=pytest.mark.slow)])
def n_draws(request):
    return request.param


@pytest.fixture(params=[400, pytest.param(3000, marks=pytest.mark.slow)])
def n_costly_draws(request):
    """Draws of a library that takes a millisecond for each."""
    return request.param


def axis_of(foreign):
    _, space = read_space(foreign)
    return Space("any", space).axes[0], Space("any", space)


def check(foreign, drawn, *, log=False):
    """The axis holds all that the library draws, and nothing else."""
    axis, space = axis_of(foreign)
    drawn = [v.item() if isinstance(v, np.generic) else v for v in drawn]
    once = dict.fromkeys((type(v), v) for v in drawn)
    found = [space.configuration({NAME: value}).hyperparameters[NAME] for _, value in once]
    assert [(type(v), v) for v in found] == list(once)
    middles = np.linspace(0.0, 1.0, 2001)
    reached = axis.decode(middles)
    assert {type(v) for v in reached} == {type(v) for v in drawn}
    if len(set(drawn)) <= 100:
        if axis.kind == "category" and not axis.is_ordered:
            assert {(type(v), v) for v in axis.choices} == {(type(v), v) for v in drawn}
        else:
            assert sorted(set(reached)) == sorted(set(drawn))
        return
    scale = math.log if axis.log else float
    low, high = scale(axis.lower), scale(axis.upper)
    assert low <= scale(min(drawn)) <= low + 0.01 * (high - low)
    assert high >= scale(max(drawn)) >= high - 0.01 * (high - low)
    assert axis.log is log


OPTUNA = {
    "float": ("FloatDistribution", (THIRD, 2 * THIRD), {}),
    "float, log": ("FloatDistribution", (1e-5, 0.1), {"log": True}),
    "float, step of a tenth": ("FloatDistribution", (0.1, 1.0), {"step": 0.1}),
    "float, step does not fit": ("FloatDistribution", (0.1, 1.05), {"step": 0.3}),
    "float, whole step": ("FloatDistribution", (0.0, 5.0), {"step": 1.0}),
    "float, long grid": ("FloatDistribution", (0.1, 700.0), {"step": 0.1}),
    "integer": ("IntDistribution", (2, 9), {}),
    "integer, log": ("IntDistribution", (1, 5000), {"log": True}),
    "integer, step": ("IntDistribution", (1, 10), {"step": 4}),
    "integer, long grid": ("IntDistribution", (1, 20_001), {"step": 5}),
    "one value": ("FloatDistribution", (THIRD, THIRD), {}),
    "choice": ("CategoricalDistribution", (["a", None, True, 2, THIRD],), {}),
}


@pytest.mark.parametrize("kind", OPTUNA)
def test_optuna(kind, n_draws):
    optuna = pytest.importorskip("optuna")
    name, ends, options = OPTUNA[kind]
    made = getattr(optuna.distributions, name)(*ends, **options)
    sampler, study = optuna.samplers.RandomSampler(seed=0), None
    if made.single():
        drawn = [made.low]
    else:
        drawn = [sampler.sample_independent(study, None, NAME, made) for _ in range(n_draws)]
    check({NAME: made}, drawn, log=options.get("log", False))


HYPEROPT = {
    "uniform": lambda hp: hp.uniform(NAME, THIRD, 5),
    "loguniform": lambda hp: hp.loguniform(NAME, math.log(1e-3), math.log(10)),
    "quniform": lambda hp: hp.quniform(NAME, 0.1, 1, 0.1),
    "quniform, ends between": lambda hp: hp.quniform(NAME, 0.17, 3.14, 0.5),
    "quniform, ends at halves": lambda hp: hp.quniform(NAME, 0.25, 1.75, 0.5),
    "quniform by 1": lambda hp: hp.quniform(NAME, 1, 20, 1),
    "quniform, long": lambda hp: hp.quniform(NAME, 0, 5000, 0.5),
    "qloguniform": lambda hp: hp.qloguniform(NAME, 0.0, 3.0, 0.5),
    "qloguniform from nothing": lambda hp: hp.qloguniform(NAME, -6.0, 2.0, 1),
    "uniformint": lambda hp: hp.uniformint(NAME, 3, 12),
    "randint": lambda hp: hp.randint(NAME, 7),
    "randint from": lambda hp: hp.randint(NAME, 5, 9),
    "choice": lambda hp: hp.choice(NAME, ["a", THIRD, None, 3]),
    "pchoice": lambda hp: hp.pchoice(NAME, [(0.2, "a"), (0.8, 2.5)]),
    "int(quniform)": lambda hp: _int(hp.quniform(NAME, 10, 100, 5)),
    "int(uniform)": lambda hp: _int(hp.uniform(NAME, 1, 10)),
}


def _int(node):
    from hyperopt.pyll import scope

    return scope.int(node)


@pytest.mark.parametrize("kind", HYPEROPT)
def test_hyperopt(kind, n_draws):
    hyperopt = pytest.importorskip("hyperopt")
    space = {NAME: HYPEROPT[kind](hyperopt.hp)}
    rng = np.random.default_rng(0)
    drawn = [hyperopt.pyll.stochastic.sample(space, rng)[NAME] for _ in range(n_draws)]
    check(space, drawn, log=kind == "loguniform")


SKOPT = {
    "Real": lambda s: s.Real(THIRD, 2.0, name=NAME),
    "Real, log": lambda s: s.Real(1e-4, 10, prior="log-uniform", name=NAME),
    "Real, log, base 2": lambda s: s.Real(1e-4, 10, prior="log-uniform", base=2, name=NAME),
    "Integer": lambda s: s.Integer(2, 9, name=NAME),
    "Integer, log": lambda s: s.Integer(1, 4000, prior="log-uniform", name=NAME),
    "Categorical": lambda s: s.Categorical(["a", "b"], name=NAME),
    "Categorical, numbers": lambda s: s.Categorical([THIRD, 2 * THIRD], name=NAME),
    "(low, high)": lambda s: s.check_dimension((3, 30)),
    "(low, high), floats": lambda s: s.check_dimension((0.1, 30.0)),
    "(low, high, prior)": lambda s: s.check_dimension((0.1, 30.0, "log-uniform")),
}


@pytest.mark.parametrize("kind", SKOPT)
def test_skopt(kind, n_draws):
    skopt = pytest.importorskip("skopt")
    made = SKOPT[kind](skopt.space)
    drawn = [v for (v,) in skopt.Space([made]).rvs(n_draws, random_state=0)]
    for foreign in ([made], {NAME: made}) if made.name else ({NAME: made},):
        check(foreign, drawn, log="log" in kind or "prior" in kind)


TUPLES = [(3, 30), (0.1, 30.0), (0.1, 30.0, "log-uniform"), (1, 400, "log-uniform", 2),
          (1, 30.0, "uniform"), ("rbf", "poly"), (True, False)]  # fmt: skip


@pytest.mark.parametrize("given", TUPLES)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_tuples_are_what_scikit_optimize_takes_them_for(given, n_draws):
    skopt = pytest.importorskip("skopt")
    dimension = skopt.space.check_dimension(given)
    drawn = [v for (v,) in skopt.Space([dimension]).rvs(n_draws, random_state=0)]
    check({NAME: given}, drawn, log="log-uniform" in given)


def _scipy():
    from scipy import stats

    return {
        "uniform": stats.uniform(THIRD, 2),
        "loguniform": stats.loguniform(1e-4, 10),
        "reciprocal": stats.reciprocal(1e-2, 10),
        "randint": stats.randint(1, 10),
        "randint, moved": stats.randint(1, 10, loc=5),
        "binom": stats.binom(4, 0.5),
        "a table": stats.rv_discrete(values=([1, 5, 20], [0.5, 0.25, 0.25]))(),
        "a list": [THIRD, 2 * THIRD, 1.0],
        "an array": np.logspace(-3, 3, 10),
        "an array of integers": np.arange(2, 8),
        "a list of anything": ["a", None, 0.5, 1, True, 1.0],
    }


@pytest.mark.parametrize("kind", _scipy())
def test_scikit_learn(kind, n_draws):
    from sklearn.model_selection import ParameterSampler

    given = _scipy()[kind]
    sampled = ParameterSampler({NAME: given, "y": [*range(1000)]}, n_draws, random_state=0)
    check({NAME: given}, [row[NAME] for row in sampled], log=kind in ("loguniform", "reciprocal"))


NEVERGRAD = {
    "Scalar": lambda p: p.Scalar(lower=THIRD, upper=5),
    "Scalar, integer": lambda p: p.Scalar(lower=1, upper=10).set_integer_casting(),
    "Scalar, integer, ends between": lambda p: p.Scalar(
        lower=1.2, upper=9.8
    ).set_integer_casting(),
    "Log": lambda p: p.Log(lower=0.01, upper=10),
    "Log, integer": lambda p: p.Log(lower=1, upper=30).set_integer_casting(),
    "Choice": lambda p: p.Choice(["a", THIRD, None, 3]),
    "TransitionChoice": lambda p: p.TransitionChoice([0.1, THIRD, 0.7]),
}


@pytest.mark.parametrize("kind", NEVERGRAD)
def test_nevergrad(kind, n_costly_draws):
    p = pytest.importorskip("nevergrad").p
    made = p.Dict(**{NAME: NEVERGRAD[kind](p)})
    made.random_state = np.random.RandomState(0)
    drawn = [made.sample().value[NAME] for _ in range(n_costly_draws)]
    check(made, drawn, log=kind.startswith("Log"))


DOMAINS = {
    "uniform": (THIRD, 5.0),
    "loguniform": (1e-4, 10.0),
    "quniform": (0.2, 1.2, 0.1),
    "qloguniform": (0.5, 20.0, 0.5),
    "randint": (2, 9),
    "lograndint": (1, 40),
    "qrandint": (2, 20, 3),
    "qlograndint": (4, 64, 4),
    "choice": (["a", THIRD, None, 3],),
}
BY_ONE = {"qrandint": (2, 9, 1)}


def _domain_cases():
    return [(n, e) for table in (DOMAINS, BY_ONE) for n, e in table.items()]


@pytest.mark.parametrize("library", ["flaml.tune", "ray.tune", "syne_tune.config_space"])
@pytest.mark.parametrize(("name", "ends"), _domain_cases())
def test_domains(library, name, ends, n_draws):
    module = pytest.importorskip(library)
    if name == "choice" and library.startswith("syne"):
        ends = ([THIRD, 2 * THIRD, 1.0],)  # of one type only
    made = getattr(module, name)(*ends)
    seeded = _seeded(library)
    drawn = [made.sample(**seeded) for _ in range(n_draws)]
    check({NAME: made}, list(drawn), log=name == "loguniform")


def _seeded(library):
    kind = np.random.RandomState if library.startswith("syne") else np.random.default_rng
    return {"random_state": kind(0)}


SYNE_TUNE = {
    "finrange": (0.1, 0.9, 9),
    "logfinrange": (1e-3, 1.0, 7),
    "ordinal": ([1, 3, 10],),
    "logordinal": ([0.001, 0.1, 1.0],),
    "reverseloguniform": (0.5, 0.999),
}


@pytest.mark.parametrize("name", SYNE_TUNE)
def test_syne_tune(name, n_draws):
    module = pytest.importorskip("syne_tune.config_space")
    made = getattr(module, name)(*SYNE_TUNE[name])
    drawn = made.sample(size=n_draws, random_state=np.random.RandomState(0))
    if name == "reverseloguniform":
        axis, _ = axis_of({NAME: made})
        assert axis.lower <= min(drawn) <= max(drawn) <= axis.upper
        return
    check({NAME: made}, list(drawn))


def _config_space():
    import ConfigSpace as CS

    return {
        "Float": CS.Float(NAME, (0.25, 2.0)),
        "Float, log": CS.Float(NAME, (1e-4, 10.0), log=True),
        "Float, normal": CS.NormalFloatHyperparameter(NAME, 0.5, 5.0, lower=0.0, upper=1.0),
        "Integer": CS.Integer(NAME, (2, 9)),
        "Integer, log": CS.Integer(NAME, (1, 40), log=True),
        "Integer, normal": CS.NormalIntegerHyperparameter(NAME, 5, 20.0, lower=1, upper=9),
        "Integer, beta": CS.BetaIntegerHyperparameter(NAME, 1.5, 1.5, lower=1, upper=9),
        "Categorical": CS.Categorical(NAME, ["a", "b"]),
        "Categorical, numbers": CS.Categorical(NAME, [THIRD, 2 * THIRD]),
        "Ordinal": CS.OrdinalHyperparameter(NAME, [THIRD, 2 * THIRD, 1.0]),
        "Constant": CS.Constant(NAME, THIRD),
    }


@pytest.mark.parametrize("kind", _config_space())
def test_config_space(kind, n_draws):
    import ConfigSpace as CS

    space = CS.ConfigurationSpace(seed=0)
    space.add(_config_space()[kind])
    drawn = [c[NAME] for c in space.sample_configuration(n_draws)]
    check(space, drawn, log=kind.endswith("log"))


ENDLESS = {
    "optuna": lambda: {NAME: _lib("optuna.distributions").FloatDistribution(1e-20, 1e-15)},
    "hyperopt": lambda: {NAME: _lib("hyperopt").hp.normal(NAME, 0, 1)},
    "hyperopt, quantised": lambda: {NAME: _lib("hyperopt").hp.qlognormal(NAME, 0, 1, 1)},
    "scipy": lambda: {NAME: _lib("scipy.stats").expon()},
    "nevergrad": lambda: _lib("nevergrad").p.Dict(x=_lib("nevergrad").p.Scalar()),
    "nevergrad, array": lambda: _lib("nevergrad").p.Dict(x=_lib("nevergrad").p.Array(shape=(2,))),
    "nevergrad, repeated": lambda: _lib("nevergrad").p.Dict(
        x=_lib("nevergrad").p.Choice([1, 2], repetitions=2)
    ),
    "flaml": lambda: {NAME: _lib("flaml.tune").randn(0, 1)},
    "syne_tune, unknown": lambda: {NAME: _lib("flaml.tune").qrandn(0, 1, 0.1)},
}


def _lib(name):
    return pytest.importorskip(name)


@pytest.mark.parametrize("kind", ENDLESS)
def test_what_has_no_ends_is_refused_by_name(kind):
    with pytest.raises(MetalearnError, match=f"'{NAME}'"):
        read_space(ENDLESS[kind]())
