from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize

from metalearn.numerics.matrix.d_optimal_design import (
    greedy_d_optimal,
    pivoted_start,
    relaxed_d_optimal,
)


def log_det(columns: np.ndarray, chosen: np.ndarray) -> float:
    part = columns[chosen]
    return float(np.linalg.slogdet(part.T @ part)[1])


def slow_greedy(
    columns: np.ndarray, start: np.ndarray, cost: np.ndarray, budget: float
) -> list[int]:
    """TensorOboe's stepwise selection, step by step, with a fresh inverse for each pick."""
    chosen, spent = list(start), float(cost[start].sum())
    while True:
        inverse = np.linalg.inv(columns[chosen].T @ columns[chosen])
        free = [i for i in range(len(columns)) if i not in chosen and spent + cost[i] <= budget]
        if not free:
            return [int(i) for i in chosen[len(start) :]]
        value = [columns[i] @ inverse @ columns[i] / cost[i] for i in free]
        best = free[int(np.argmax(value))]
        chosen.append(best)
        spent += float(cost[best])


@pytest.mark.parametrize("seed", range(5))
def test_greedy_equals_the_published_stepwise_selection(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns, cost = rng.normal(size=(40, 5)), rng.uniform(0.2, 3.0, 40)
    start = pivoted_start(columns, 5)
    budget = float(cost[start].sum()) + 8.0
    available = np.ones(40, dtype=np.bool_)
    available[start] = False
    found = greedy_d_optimal(
        columns,
        40,
        information=columns[start].T @ columns[start],
        cost=cost,
        budget=budget - float(cost[start].sum()),
        available=available,
    )
    assert list(found) == slow_greedy(columns, start, cost, budget)
    assert len(found) >= 4


def test_greedy_is_near_the_best_set(rng: np.random.Generator) -> None:
    columns = rng.normal(size=(12, 3))
    found = greedy_d_optimal(columns, 4, information=1e-6 * np.eye(3))
    best = max(log_det(columns, np.array(s)) for s in combinations(range(12), 4))
    drawn = [log_det(columns, rng.choice(12, 4, replace=False)) for _ in range(500)]
    assert np.quantile(drawn, 0.95) < log_det(columns, found) <= best
    assert log_det(columns, found) > best - 0.5


def published_relaxation(columns: np.ndarray, cost: np.ndarray, budget: float) -> np.ndarray:
    """OBOE's formulation as published: SLSQP without gradients, 30 iterations, from v = 1/2."""

    def objective(v: np.ndarray) -> float:
        sign, value = np.linalg.slogdet((columns.T * v) @ columns)
        return float(-sign * value)

    within = {"type": "ineq", "fun": lambda v: budget - cost @ v}
    bounds = [(0, 1)] * len(cost)
    start = np.full(len(cost), 0.5)
    found = minimize(
        objective,
        start,
        method="SLSQP",
        bounds=bounds,
        constraints=within,
        options={"maxiter": 30},
    )
    return np.asarray(found.x)


@pytest.mark.filterwarnings("ignore:Values in x were outside bounds:RuntimeWarning")
@pytest.mark.parametrize("seed", range(4))
def test_relaxation_reaches_the_published_optimum(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns, cost = rng.normal(size=(25, 3)), rng.uniform(0.5, 2.0, 25)
    theirs = published_relaxation(columns, cost, 6.0)
    ours = relaxed_d_optimal(columns, cost, 6.0)

    def value(v: np.ndarray) -> float:
        return float(np.linalg.slogdet((columns.T * v) @ columns)[1])

    assert cost @ ours <= 6.0 + 1e-6
    assert ours.min() >= 0.0
    assert ours.max() <= 1.0
    assert value(ours) >= value(np.clip(theirs, 0, 1)) - 1e-4
    np.testing.assert_allclose(ours, theirs, atol=0.05)
    whole = greedy_d_optimal(columns, 25, information=1e-9 * np.eye(3), cost=cost, budget=6.0)
    assert value(ours) >= log_det(columns, whole) - 1e-6  # a relaxation bounds every design


def test_relaxation_gradient(rng: np.random.Generator) -> None:
    # at an interior optimum under the budget alone: y' G^-1 y / cost is equal where 0 < v < 1
    columns, cost = rng.normal(size=(20, 3)), rng.uniform(0.5, 2.0, 20)
    v = relaxed_d_optimal(columns, cost, 4.0, ridge=0.0)
    inverse = np.linalg.inv((columns.T * v) @ columns)
    price = np.einsum("ij,jk,ik->i", columns, inverse, columns) / cost
    inside = (v > 0.01) & (v < 0.99)
    assert np.ptp(price[inside]) < 0.02 * price[inside].mean()
    assert price[v <= 1e-3].max() <= price[inside].mean() * 1.02


def test_what_does_not_fit_is_passed_over() -> None:
    columns = np.eye(3) * np.array([3.0, 2.0, 1.0])
    cost = np.array([5.0, 1.0, 1.0])
    found = greedy_d_optimal(columns, 3, information=np.eye(3), cost=cost, budget=2.0)
    assert list(found) == [1, 2]
    none = greedy_d_optimal(columns, 3, information=np.eye(3), available=np.zeros(3, np.bool_))
    assert len(none) == 0
