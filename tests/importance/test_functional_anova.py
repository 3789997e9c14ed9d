"""fANOVA: analytic truths, brute-force oracles, degenerate runs, and a branch of a space."""

from __future__ import annotations

import ConfigSpace as cs
import numpy as np
import pytest

from metalearn.core.history import History
from metalearn.core.metric import METRICS
from metalearn.core.space import Space
from metalearn.errors import NotEnoughMetaDataError, UsageError
from metalearn.histories.runs import Runs
from metalearn.importance import FanovaSettings, fanova, fanova_task
from metalearn.importance.forest import ForestSettings

UNIT = [cs.UniformFloatHyperparameter(name, 0.0, 1.0) for name in "abcde"]
THOROUGH = FanovaSettings(order=2, forest=ForestSettings(n_trees=12))


def space_of(*axes, conditions=()):
    space = cs.ConfigurationSpace()
    space.add(*axes)
    if conditions:
        space.add(*conditions)
    return Space("planted", space)


def sampled(space, n, seed=0):
    """Return encoded random configurations, inactive axes NaN."""
    return space.encode(space.sample(n, np.random.default_rng(seed)))


def shares(space, X, y, settings=THOROUGH):
    found = fanova_task(space, History(X, y), np.random.default_rng(1), settings=settings)
    assert found.note == ""
    names = [axis.name for axis in space.axes if axis.n_cells != 1]
    items = [(n,) for n in names] + [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    return dict(zip(items, found.share, strict=False))


def test_additive_function():
    # Var(k u) = k^2 / 12, so shares are 1 : 4 : 9 of 14, and there is no interaction.
    space = space_of(*UNIT[:4])
    X = np.random.default_rng(0).random((10_000, 4))
    found = shares(space, X, X[:, 0] + 2 * X[:, 1] + 3 * X[:, 2])
    for name, truth in (("a", 1 / 14), ("b", 4 / 14), ("c", 9 / 14), ("d", 0.0)):
        assert found[(name,)] == pytest.approx(truth, abs=0.01)
    assert max(value for item, value in found.items() if len(item) == 2) < 0.01


def test_product_function():
    # Var(uv) = 7/144; the main effects are u/2 and v/2: 1/48 = 3/7 each; 1/7 is interaction.
    space = space_of(*UNIT[:3])
    X = np.random.default_rng(0).random((10_000, 3))
    found = shares(space, X, X[:, 0] * X[:, 1])
    assert found[("a",)] == pytest.approx(3 / 7, abs=0.01)
    assert found[("b",)] == pytest.approx(3 / 7, abs=0.01)
    assert found[("a", "b")] == pytest.approx(1 / 7, abs=0.01)
    assert found[("c",)] == pytest.approx(0, abs=0.01)


def test_log_axes_are_measured_on_the_log_scale():
    # (log10 v / 3)^2 for v in [1e-3, 1e3] is t^2 with t uniform on [-1, 1]: variance 4/45.
    # An integer 1..32 on the log axis: P(n <= 4) = log(4.5/0.5) / log(32.5/0.5).
    space = space_of(
        cs.UniformFloatHyperparameter("rate", 1e-3, 1e3, log=True),
        cs.UniformIntegerHyperparameter("n", 1, 32, log=True),
    )
    X = np.random.default_rng(3).random((6000, 2))
    values = space.decode(X)
    t = np.array([np.log10(v.hyperparameters["rate"]) / 3 for v in values])
    small = np.array([v.hyperparameters["n"] <= 4 for v in values])
    p = np.log(9) / np.log(65)
    first, second = 4 / 45, p * (1 - p) / 4
    found = shares(space, space.encode(values), t**2 + small / 2)
    assert found[("rate",)] == pytest.approx(first / (first + second), abs=0.01)
    assert found[("n",)] == pytest.approx(second / (first + second), abs=0.01)


def test_categories_and_integers_are_cells_of_equal_mass():
    space = space_of(
        cs.CategoricalHyperparameter("kind", ["p", "q", "r", "s"]),
        cs.UniformIntegerHyperparameter("n", 1, 5),
    )
    X = sampled(space, 1500)
    effect = np.array([0.0, 3.0, 1.0, 7.0])
    kind, n = (X[:, 0] * 4).astype(int), (X[:, 1] * 5).astype(int)
    table = effect[:, None] + np.arange(5.0) + (np.arange(4)[:, None] == 2) * (np.arange(5) % 2)
    mean = table.mean()
    v_kind = ((table.mean(axis=1) - mean) ** 2).mean() / table.var()
    v_n = ((table.mean(axis=0) - mean) ** 2).mean() / table.var()
    found = shares(space, X, table[kind, n])
    assert found[("kind",)] == pytest.approx(v_kind, abs=0.01)
    assert found[("n",)] == pytest.approx(v_n, abs=0.01)
    assert found[("kind", "n")] == pytest.approx(1 - v_kind - v_n, abs=0.01)


def conditional_world(n):
    kind = cs.CategoricalHyperparameter("kind", ["p", "q", "r"])
    child = cs.UniformFloatHyperparameter("child", 0.0, 1.0)
    other = cs.UniformFloatHyperparameter("other", 0.0, 1.0)
    space = space_of(kind, child, other, conditions=[cs.EqualsCondition(child, kind, "p")])
    X = sampled(space, n)
    k, c, o = (X[:, space.names.index(name)] for name in ("kind", "child", "other"))
    y = np.where(k < 1 / 3, 2 * np.nan_to_num(c), np.where(k < 2 / 3, 1.0, 0.2)) + o
    return space, X, y


def test_conditional_axis_is_diluted_by_its_branch():
    # f(p, c) = 2c, f(q) = 1, f(r) = 0.2, plus u: integrals on a grid of c.
    space, X, y = conditional_world(10_000)
    c = (np.arange(2000) + 0.5) / 2000
    table = np.array([2 * c, np.full(2000, 1.0), np.full(2000, 0.2)])
    total = table.var() + 1 / 12
    v_kind, v_child = table.mean(axis=1).var() / total, table.mean(axis=0).var() / total
    found = shares(space, X, y)
    assert found[("kind",)] == pytest.approx(v_kind, abs=0.01)
    assert found[("child",)] == pytest.approx(v_child, abs=0.01)
    pair = found.get(("kind", "child"), found.get(("child", "kind")))
    assert pair == pytest.approx(table.var() / total - v_kind - v_child, abs=0.01)


def test_table_gives_the_share_within_the_branch_and_analyses_a_branch_alone():
    space, X, y = conditional_world(3000)
    runs = Runs(space, METRICS["error_rate"], (History(X, y, "t"),))
    table = fanova(runs, settings=FanovaSettings(order=1))
    at = table.names.index("child")
    assert table.branch[at] == pytest.approx(1 / 3, abs=0.03)
    assert table.branch[table.names.index("other")] == 1.0
    frame = table.to_frame().set_index("item")
    assert frame.loc["child", "share_in_branch"] == table.share[0, at] / table.branch[at]
    # Within the branch: Var(2c) = 4/12, Var(u) = 1/12.
    branch = fanova(runs, where={"kind": "p"}, settings=FanovaSettings(order=1))
    assert set(branch.names) == {"child", "other"}
    assert branch.share[0, branch.names.index("child")] == pytest.approx(0.8, abs=0.03)
    with pytest.raises(UsageError, match="no axis 'kernel'"):
        fanova(runs, where={"kernel": "p"})


def test_triples_on_demand():
    # abc over the unit cube: E[f^2] = 1/27, f_0 = 1/8; V_a = 1/192; V_ab = 1/576; rest is V_abc.
    space = space_of(*UNIT[:3])
    X = np.random.default_rng(0).random((2000, 3))
    settings = FanovaSettings(order=3, forest=ForestSettings(n_trees=8))
    found = fanova_task(
        space, History(X, X.prod(axis=1)), np.random.default_rng(1), settings=settings
    )
    total = 1 / 27 - 1 / 64
    assert found.share[:3] == pytest.approx([1 / 192 / total] * 3, abs=0.025)
    assert found.share[3:6] == pytest.approx([1 / 576 / total] * 3, abs=0.015)
    assert found.share[6] == pytest.approx(1 / 1728 / total, abs=0.03)
    assert 0.99 < found.share.sum() < 1.01


def test_cutoffs_look_at_one_region():
    # Above 0.5 a matters alone, below it b alone.
    space = space_of(*UNIT[:2])
    X = np.random.default_rng(0).random((3000, 2))
    y = np.where(X[:, 0] > 0.5, 1.0 + X[:, 0], X[:, 1] * 0.5)
    low = fanova_task(
        space, History(X, y), np.random.default_rng(0),
        settings=FanovaSettings(cutoffs=(0.0, 0.5)),
    )  # fmt: skip
    high = fanova_task(
        space, History(X, y), np.random.default_rng(0),
        settings=FanovaSettings(cutoffs=(1.5, 3.0)),
    )  # fmt: skip
    assert low.share[1] > 0.05
    assert high.share[1] < 0.01
    with pytest.raises(UsageError, match="low < high"):
        FanovaSettings(cutoffs=(2.0, 1.0))


@pytest.mark.parametrize(
    ("X", "y", "says"),
    [
        (np.full((5, 3), 0.5), np.arange(5.0), "5 runs for 3 hyperparameters"),
        (np.full((9, 3), 0.5), np.arange(9.0), "one value only"),
        (np.random.default_rng(0).random((50, 3)), np.ones(50), "no variance"),
        (np.random.default_rng(0).random((50, 3)), np.r_[np.nan, np.arange(49.0)], "not finite"),
        (np.random.default_rng(0).random((50, 3)), np.full(50, np.nan), "not finite"),
        (np.random.default_rng(0).random((50, 3)), np.r_[np.inf, np.arange(49.0)], "not finite"),
        (np.zeros((0, 3)), np.zeros(0), "0 runs"),
    ],
)
def test_degenerate_runs_give_nan_and_a_sentence(X, y, says):
    found = fanova_task(space_of(*UNIT[:3]), History(X, y), np.random.default_rng(0))
    assert np.isnan(found.share).all()
    assert says in found.note


def test_constant_axis_has_no_importance():
    X = np.random.default_rng(0).random((300, 3))
    X[:, 1] = 0.25
    found = fanova_task(space_of(*UNIT[:3]), History(X, X[:, 0]), np.random.default_rng(0))
    assert found.share[1] == pytest.approx(0.0, abs=1e-12)
    assert found.share[0] > 0.95


def test_pure_noise_is_called_doubtful():
    rng = np.random.default_rng(0)
    found = fanova_task(
        space_of(*UNIT[:3]), History(rng.random((200, 3)), rng.random(200)), rng
    )  # fmt: skip
    assert "doubtful" in found.note
    assert found.fit < 0.5


def test_tasks_do_not_influence_each_other():
    space = space_of(*UNIT[:2])
    rng = np.random.default_rng(0)
    histories = [History(X, X @ [1.0, w], name) for name, w in (("x", 2.0), ("y", 0.1))
                 for X in [rng.random((60, 2))]]  # fmt: skip
    both = fanova(Runs(space, METRICS["error_rate"], tuple(histories)))
    swapped = fanova(Runs(space, METRICS["error_rate"], tuple(histories[::-1])))
    alone = fanova(Runs(space, METRICS["error_rate"], (histories[1],)))
    assert np.array_equal(both.share, swapped.share[::-1])
    assert np.array_equal(both.share[1], alone.share[0])
    assert both.valid == ("x", "y")
    assert "doubtful: only 60 runs" in both.notes[0]


def test_nothing_to_analyse_is_an_error_with_a_next_step():
    space = space_of(cs.Constant("depth", 3))
    runs = Runs(
        space, METRICS["error_rate"], (History(np.full((9, 1), 0.5), np.arange(9.0), "t"),)
    )
    with pytest.raises(NotEnoughMetaDataError, match="metalearn collect"):
        fanova(runs)
