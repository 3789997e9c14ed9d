"""Hypergradients against central differences; fits against scikit-learn."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from metalearn.core.arrays import Floats
from metalearn.numerics.implicit.descent import (
    Fold,
    descended,
    descent_steps,
    held_out_descent,
    loss_and_gradient,
)
from metalearn.numerics.implicit.losses import LinearLoss, SoftmaxLoss, SquaredLoss
from metalearn.numerics.implicit.penalized import Penalized, conjugate_gradients


def problem(kind: str, n: int = 80, d: int = 5) -> tuple[Floats, Floats, type]:
    rng = np.random.default_rng(0)
    A = np.column_stack([rng.normal(size=(n, d)), np.ones(n)])
    Z = A[:, :2] @ rng.normal(size=(2, 3)) + rng.normal(size=(n, 3))
    if kind == "squared":
        return A, Z[:, :1], SquaredLoss
    n_classes = 2 if kind == "two classes" else 3
    return A, np.eye(n_classes)[Z[:, :n_classes].argmax(axis=1)], SoftmaxLoss


def folds_of(A: Floats, Y: Floats, loss: type) -> list[Fold]:
    parts = np.array_split(np.arange(len(A)), 2)
    return [Fold(A[a], loss(Y[a]), A[b], loss(Y[b])) for a, b in (parts, parts[::-1])]


KINDS = pytest.mark.parametrize("kind", ["squared", "two classes", "three classes"])


@KINDS
def test_gradient_and_curvature_of_the_losses(kind: str) -> None:
    _, Y, form = problem(kind)
    loss: LinearLoss = form(Y)
    rng = np.random.default_rng(1)
    Z, U = rng.normal(size=Y.shape), rng.normal(size=Y.shape)
    h = 1e-5
    slope = (loss.value(Z + h * U) - loss.value(Z - h * U)) / (2 * h)
    assert slope == pytest.approx(float((loss.gradient(Z) * U).sum()), rel=1e-7)
    bend = (loss.gradient(Z + h * U) - loss.gradient(Z - h * U)) / (2 * h)
    np.testing.assert_allclose(loss.curvature(Z, U), bend, rtol=1e-6, atol=1e-12)


@KINDS
@pytest.mark.parametrize("is_grouped", [False, True])
def test_the_hypergradient_is_the_central_difference(kind: str, is_grouped: bool) -> None:
    A, Y, form = problem(kind)
    folds = folds_of(A, Y, form)
    groups = np.array([0, 1, 1, 2, 0]) if is_grouped else np.arange(5)
    logs = np.log(np.geomspace(0.003, 0.3, int(groups.max()) + 1))

    def loss_at(at: Floats) -> tuple[float, Floats]:
        starts = [np.zeros((6, Y.shape[1])) for _ in folds]
        return loss_and_gradient(folds, groups, at, starts, 1e-12)

    _, gradient = loss_at(logs)
    h = 1e-4
    for j in range(len(logs)):
        move = h * np.eye(len(logs))[j]
        difference = (loss_at(logs + move)[0] - loss_at(logs - move)[0]) / (2 * h)
        assert gradient[j] == pytest.approx(difference, rel=1e-5)


def test_the_fit_is_that_of_scikit_learn() -> None:
    A, Y, _ = problem("squared")
    W = Penalized(A, SquaredLoss(Y), np.full(5, 0.2)).fitted(np.zeros((6, 1)), 1e-10)
    ridge = Ridge(alpha=0.2 * len(A)).fit(A[:, :-1], Y[:, 0])
    np.testing.assert_allclose(W[:-1, 0], ridge.coef_, rtol=1e-6)
    A, Y, _ = problem("three classes")
    W = Penalized(A, SoftmaxLoss(Y), np.full(5, 0.05)).fitted(np.zeros((6, 3)), 1e-10)
    theirs = LogisticRegression(C=1 / (0.05 * len(A)), tol=1e-10, max_iter=2000)
    theirs.fit(A[:, :-1], Y.argmax(axis=1))
    np.testing.assert_allclose(W[:-1].T, theirs.coef_, atol=1e-5)


def test_conjugate_gradients_solve_a_singular_system_in_its_range() -> None:
    rng = np.random.default_rng(0)
    F = rng.normal(size=(6, 4))
    M, x = F @ F.T, F @ rng.normal(size=4)  # rank 4 of 6
    found = conjugate_gradients(lambda u: M @ u, M @ x, 1.0 / np.diag(M), 1e-10)
    np.testing.assert_allclose(M @ found, M @ x, atol=1e-8)


def test_the_descent_lowers_the_loss_and_penalizes_noise() -> None:
    A, Y, form = problem("two classes", n=200, d=8)
    path = descent_steps(folds_of(A, Y, form), np.arange(8), 2, start=0.01, lowest=1e-6, step=0.3)
    found = descended(path, max_steps=40, patience=8)
    assert found.losses.min() < found.losses[0]
    assert found.penalties[:2].min() < 0.1 * np.median(found.penalties[2:])


def test_the_held_out_loss_is_of_rows_that_the_descent_does_not_see() -> None:
    A, Y, form = problem("two classes", n=120, d=5)
    parts = np.array_split(np.arange(len(A)), 2)
    outer = [
        (fold, folds_of(A[train], Y[train], form))
        for fold, train in zip(folds_of(A, Y, form), parts, strict=True)
    ]
    path = {"groups": np.arange(5), "n_outputs": 2, "start": 0.01, "lowest": 1e-6, "step": 0.3}
    third, loss = next(islice(held_out_descent(outer, **path), 2, None))
    exact = []
    for (fold, inner), mine in zip(outer, third, strict=True):
        np.testing.assert_array_equal(next(islice(descent_steps(inner, **path), 2, None))[0], mine)
        W = Penalized(fold.A, fold.training, mine).fitted(np.zeros((6, 2)), 1e-8)
        exact.append(fold.validation.value(fold.B @ W))
    assert loss == pytest.approx(np.mean(exact), rel=1e-2)
