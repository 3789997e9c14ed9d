"""The grammar of symbolic defaults: what it contains, that texts mean their values, no doubles."""

from __future__ import annotations

import math

import numpy as np
import pytest

from metalearn.importance.formulas import Formula, all_formulas

RNG = np.random.default_rng(0)
SYMBOLS = {"n": RNG.uniform(50, 5000, 20), "p": RNG.uniform(2, 90, 20)}


def meant(text, task):
    scope = {"sqrt": math.sqrt, "log": math.log, **{k: v[task] for k, v in SYMBOLS.items()}}
    return eval(text, scope)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_texts_mean_their_values(depth):
    formulas = all_formulas(SYMBOLS, depth)
    assert max(f.depth for f in formulas) == depth
    for formula in formulas[:: max(1, len(formulas) // 300)]:
        for task in (0, 7):
            assert meant(formula.text, task) == pytest.approx(formula.values[task])
            assert meant(formula.times(0.25), task) == pytest.approx(0.25 * formula.values[task])


def test_no_two_differ_by_a_factor_only():
    shapes = [np.log(f.values) - np.log(f.values).mean() for f in all_formulas(SYMBOLS, 2)]
    distance = np.abs(np.subtract.outer(np.array(shapes), np.array(shapes)).diagonal(
        axis1=1, axis2=3)).max(axis=2)  # fmt: skip
    assert (distance + np.eye(len(shapes)) > 1e-8).all()


def test_depth_two_is_complete():
    # By hand: 1, n, p; then roots and logs of n and p, 1/n, 1/p, n+1, p+1, n+p, n*p, n*n, p*p,
    # n/p, p/n. (1/1, 1+1, 1*n, n+n, n/n ... are equal to one of these up to a factor.)
    assert len(all_formulas(SYMBOLS, 2)) == 3 + 4 + 2 + 3 + 3 + 2
    texts = {f.text for f in all_formulas(SYMBOLS, 3)}
    assert {"sqrt(1 / p)", "log(n) / sqrt(p)", "1 / (n * p)"} <= texts


def test_only_positive_formulas_and_the_constant_comes_first():
    small = {"share": np.array([0.2, 0.5, 0.9])}  # its logarithm is negative
    formulas = all_formulas(small, 2)
    assert formulas[0].text == "1"
    assert all((f.values > 0).all() for f in formulas)
    assert not any(f.text.startswith("log") for f in formulas)
    assert [f.text for f in all_formulas({}, 3, n_tasks=4)] == ["1"]


def test_a_constant_is_printed_alone():
    assert Formula("1", np.ones(2), 1, 1).times(0.5) == "0.5"
    assert Formula("1 / p", np.ones(2), 2, 3).times(0.5) == "0.5 / p"
    assert Formula("n + p", np.ones(2), 2, 3).times(2.0) == "2 * (n + p)"
