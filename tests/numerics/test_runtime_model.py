from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from metalearn.core.arrays import Floats
from metalearn.errors import InputError, NotEnoughMetaDataError, ShapeError
from metalearn.numerics.runtime_model import fit_runtime_model, power_corrections

Oboe = tuple[Floats, Floats, Floats, list[str]]


@pytest.fixture(scope="module")
def oboe(shared_data: Path) -> Oboe:
    folder = shared_data / "metadatasets" / "oboe"
    runtimes = pd.read_csv(folder / "runtime_matrix.csv.gz", index_col=0)
    sizes = pd.read_csv(folder / "dataset_sizes.csv", index_col=0)
    sizes = sizes.loc[runtimes.index.astype(int)]
    algorithms = [ast.literal_eval(name)["algorithm"] for name in runtimes.columns]
    n, p = sizes.to_numpy(np.float64).T
    return n, p, runtimes.to_numpy(np.float64), algorithms


def folds(n: int) -> list[tuple[Floats, Floats]]:
    from sklearn.model_selection import KFold

    return list(KFold(10, shuffle=True, random_state=0).split(np.zeros(n)))


def errors_of_folds(oboe: Oboe, share: float) -> tuple[Floats, Floats]:
    """Errors of ln(seconds) on tasks left out, and the same over the predicted spread."""
    n, p, seconds, algorithms = oboe
    seen = np.random.default_rng(0).random(seconds.shape) < share
    known = np.where(seen, seconds, np.nan)
    errors, z = np.empty_like(seconds), np.empty_like(seconds)
    for train, test in folds(len(n)):
        model = fit_runtime_model(n[train], p[train], known[train], algorithms)
        for t in test:
            predicted, log_sd = model.predict(n[t], p[t])
            errors[t] = np.log(seconds[t] / predicted)
            z[t] = errors[t] / log_sd
    return errors, z


def published_errors(oboe: Oboe) -> Floats:
    """The same for the published algorithm: cubic polynomials of (n, p, ln n), one a column."""
    from sklearn.linear_model import LinearRegression
    from sklearn.preprocessing import PolynomialFeatures

    n, p, seconds, _ = oboe
    terms = PolynomialFeatures(3).fit_transform(np.stack([n, p, np.log(n)], axis=1))
    errors = np.empty_like(seconds)
    for train, test in folds(len(n)):
        model = LinearRegression().fit(terms[train], np.log(seconds[train]))
        errors[test] = np.log(seconds[test]) - model.predict(terms[test])
    return errors


def test_predicts_published_runtimes_better_than_the_published_model(oboe: Oboe) -> None:
    errors, z = errors_of_folds(oboe, share=1.0)
    theirs = published_errors(oboe)
    assert np.median(np.abs(errors)) < 0.35
    assert np.median(np.abs(errors)) < 0.9 * np.median(np.abs(theirs))
    assert np.abs(errors).max() < np.abs(theirs).max()
    assert 0.85 < z.std() < 1.15  # the spread is honest


def test_a_few_runs_of_each_configuration_suffice(oboe: Oboe) -> None:
    errors, z = errors_of_folds(oboe, share=0.03)  # about 11 runs a configuration
    assert np.median(np.abs(errors)) < 0.42
    assert 0.8 < z.std() < 1.3


def test_extrapolates_sanely_from_small_tables(oboe: Oboe) -> None:
    n, p, seconds, algorithms = oboe
    small, big = n <= 800, n >= 4000
    model = fit_runtime_model(n[small], p[small], seconds[small], algorithms)
    spread = np.concatenate([model.predict(n[t], p[t])[1] for t in np.flatnonzero(big)])
    errors = np.concatenate(
        [np.log(seconds[t] / model.predict(n[t], p[t])[0]) for t in np.flatnonzero(big)]
    )
    assert np.median(np.abs(errors)) < 0.75
    assert 0.7 < (errors / spread).std() < 1.3


def power_law(rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """60 tasks of at most 3,000 rows; 30 configurations of exponents 0.7, 1 and 2 in n."""
    n = np.exp(rng.uniform(np.log(100), np.log(3000), 60))
    p = np.exp(rng.uniform(np.log(3), np.log(60), 60))
    exponents, level = np.repeat([0.7, 1.0, 2.0], 10), np.repeat([1e-3, 1e-4, 1e-6], 10)
    clean = level * n[:, None] ** exponents * p[:, None] ** 0.5
    machine = np.exp(rng.normal(0, 0.3, 60))
    return n, p, clean * machine[:, None] * np.exp(rng.normal(0, 0.05, clean.shape))


def test_finds_planted_exponents_far_outside_the_sizes_seen(rng: np.random.Generator) -> None:
    n, p, seconds = power_law(rng)
    model = fit_runtime_model(n, p, seconds)
    predicted, log_sd = model.predict(100_000, 10)
    truth = np.repeat([1e-3 * 1e5**0.7, 1e-4 * 1e5, 1e-6 * 1e5**2], 10) * 10**0.5
    assert np.all(np.abs(np.log(predicted / truth)) < 1.5 * log_sd)
    assert np.abs(np.log(predicted / truth)).max() < np.log(3)  # machines differ by 1.35


def test_observed_runtimes_tell_how_slow_the_machine_is(rng: np.random.Generator) -> None:
    n, p, seconds = power_law(rng)
    model = fit_runtime_model(n, p, seconds)
    plain, spread = model.predict(500, 10)
    moved, sharper = model.predict(500, 10, observed=[0], observed_runtimes_s=[3 * plain[0]])
    np.testing.assert_allclose(moved / plain, 3.0, rtol=0.15)
    assert np.all(sharper < spread)
    ignored, _ = model.predict(500, 10, observed=[0], observed_runtimes_s=[np.nan])
    np.testing.assert_array_equal(ignored, plain)


def test_never_falls_as_rows_are_added_and_slopes_are_bounded(rng: np.random.Generator) -> None:
    n = np.exp(rng.uniform(4, 8, 40))
    seconds = np.exp(rng.normal(0, 1, (40, 30)) - 0.5 * np.log(n)[:, None])  # nonsense
    model = fit_runtime_model(n, np.full(40, np.nan), seconds)
    grid = np.exp(np.linspace(3, 14, 60))
    logs = np.log([model.predict(rows, 7)[0] for rows in grid])
    slopes = np.diff(logs, axis=0) / np.diff(np.log(grid))[:, None]
    assert slopes.min() > -1e-9
    outside = grid[:-1] > n.max()
    assert slopes[outside].min() > 0.5 - 1e-9
    assert slopes[outside].max() < 3.0 + 1e-9


def test_monotone_against_a_running_maximum(rng: np.random.Generator) -> None:
    n = np.exp(rng.uniform(4, 8, 300))
    hump = np.exp(-((np.log(n) - 6) ** 2) + 0.1 * rng.normal(size=300))
    model = fit_runtime_model(n, np.ones(300), hump[:, None])
    fine = np.linspace(model.low[0], model.high[0], 4001)
    curve = model._polynomial(np.zeros(4), fine)
    slow = np.maximum.accumulate(curve)
    for i in range(0, 4001, 400):
        rows = np.exp(model.center[0] + model.scale[0] * fine[i])
        fast = np.log(model.predict(rows, 1.0)[0][0])
        assert fast == pytest.approx(max(slow[i], np.log(0.5 * model.shortest_s)), abs=1e-3)


def test_known_growth_is_reached_from_a_constant_part(rng: np.random.Generator) -> None:
    """Seconds = constant + power of the rows; at 80 times the observed rows the power rules."""
    n = np.exp(rng.uniform(np.log(100), np.log(1300), 80))
    growth = np.repeat([1.0, 2.0], 5)
    constant, level = 0.05, np.repeat([5e-5, 4e-8], 5)

    def truth(rows: Floats) -> Floats:
        return constant + level * rows[:, None] ** growth

    seconds = truth(n) * np.exp(rng.normal(0, 0.05, (80, 10)))
    model = fit_runtime_model(n, np.full(80, 7.0), seconds, growth=growth)
    wrong = fit_runtime_model(n, np.full(80, 7.0), seconds)
    for rows in (3_000.0, 10_000.0, 100_000.0):
        true = truth(np.array([rows]))[0]
        predicted, log_sd = model.predict(rows, 7.0)
        plain, wider = wrong.predict(rows, 7.0)
        assert np.abs(np.log(predicted / true)).max() < np.log(2.5)
        assert np.all(np.abs(np.log(predicted / true)) < np.abs(np.log(plain / true)))
        assert np.all(log_sd < wider)  # a known power is less uncertain
    assert np.abs(np.log(plain / true)).max() > np.log(100.0)  # the local slope falls short


def test_seconds_grow_with_the_classes(rng: np.random.Generator) -> None:
    n, classes = np.exp(rng.uniform(4, 7, 60)), rng.integers(2, 12, 60).astype(np.float64)
    power = np.array([0.0, 0.5, 1.0])
    seconds = 1e-4 * n[:, None] * classes[:, None] ** power
    model = fit_runtime_model(n, np.full(60, 5.0), seconds, ["a", "b", "c"], n_classes=classes)
    few, many = (model.predict(500, 5, n_classes=k)[0] for k in (2, 10))
    np.testing.assert_allclose(np.log(many / few) / np.log(5), power, atol=0.15)
    far, wider = model.predict(500, 5, n_classes=100)
    assert np.all(far >= 0.99 * many)
    assert np.all(wider > model.predict(500, 5, n_classes=10)[1])
    usual = model.predict(500, 5)[0]
    assert np.all((usual >= 0.99 * few) & (usual <= 1.01 * many))


def test_preparation_takes_longer_with_categorical_columns(rng: np.random.Generator) -> None:
    n, categories = np.exp(rng.uniform(4, 7, 60)), rng.integers(0, 20, 60).astype(np.float64)
    seconds = 1e-4 * n[:, None] * (1.0 + categories[:, None]) ** np.array([0.0, 0.7])
    model = fit_runtime_model(n, np.full(60, 25.0), seconds, ["a", "b"], n_categorical=categories)
    none, many = (model.predict(500, 25, n_categorical=k)[0] for k in (0, 9))
    np.testing.assert_allclose(np.log(many / none) / np.log(10), [0.0, 0.7], atol=0.15)


def test_one_task_one_run_goes_on_along_a_typical_slope() -> None:
    seconds = np.array([[2.0, np.nan, 0.0]])
    model = fit_runtime_model(np.array([1000.0]), np.array([10.0]), seconds)
    predicted, log_sd = model.predict(1000, 10)
    assert predicted[0] == pytest.approx(2.0, rel=0.01)
    assert np.all(np.isfinite(predicted) & (predicted > 0) & np.isfinite(log_sd) & (log_sd > 0))
    larger, wider = model.predict(100_000, 10)
    assert larger[0] / predicted[0] == pytest.approx(100**0.8)
    assert wider[0] > log_sd[0]


def test_says_what_is_wrong() -> None:
    one = np.ones(1)
    with pytest.raises(ShapeError, match=r"expected shape \(1, 2\)"):
        fit_runtime_model(one, np.ones(2), np.ones((1, 2)))
    with pytest.raises(NotEnoughMetaDataError, match="at least 1 task"):
        fit_runtime_model(one, one, np.full((1, 2), np.nan))
    with pytest.raises(InputError, match="positive"):
        fit_runtime_model(one, one, np.ones((1, 2))).predict(0, 3)


def test_evenly_spaced_tasks_of_many_predict_alike(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    n_rows, n_columns = 10 ** rng.uniform(2, 5, 400), 10 ** rng.uniform(0.5, 2, 400)
    cost = rng.normal(size=12)
    logs = cost + np.log(n_rows)[:, None] + 0.5 * np.log(n_columns)[:, None]
    seconds = 1e-4 * np.exp(logs + 0.2 * rng.normal(size=logs.shape))
    whole = fit_runtime_model(n_rows, n_columns, seconds)
    monkeypatch.setattr("metalearn.numerics.runtime_model._MOST_KNOWN", 1200)
    part = fit_runtime_model(n_rows, n_columns, seconds)
    assert not np.array_equal(part.coefficients, whole.coefficients)
    for size in ((300.0, 5.0), (20_000.0, 40.0)):
        ratio = np.log(part.predict(*size)[0] / whole.predict(*size)[0])
        assert np.abs(ratio).max() < 0.15
    few = np.where(rng.random(seconds.shape) < 0.2, seconds, np.nan)  # under the limit: all count
    model = fit_runtime_model(n_rows, n_columns, few)
    monkeypatch.undo()
    other = fit_runtime_model(n_rows, n_columns, few)
    np.testing.assert_array_equal(model.coefficients, other.coefficients)


def test_pairs_of_fits_correct_the_power_of_their_algorithm() -> None:
    rng = np.random.default_rng(0)
    beyond = rng.uniform(0.5, 1.6, 200)
    surprise = 0.3 * beyond[:, None] + rng.normal(0.0, 0.1, (200, 3))
    surprise[:, 1] = np.nan
    surprise[:, 2] *= -2.0
    found = power_corrections(beyond, surprise, ["a", "a", "b"])
    assert found[:2] == pytest.approx([0.3, 0.3], abs=0.02), "one for an algorithm"
    assert found[2] == -0.2, "seconds never fall with the rows"
    few = power_corrections(beyond[:1], surprise[:1], ["a", "a", "b"])
    assert 0.0 < few[0] < 0.15, "a single pair says little"
    assert not power_corrections(np.zeros(3), surprise[:3], ["a", "a", "b"]).any()


def test_a_correction_ends_where_the_pairs_end() -> None:
    rng = np.random.default_rng(0)
    n = rng.uniform(100, 1000, 40)
    model = fit_runtime_model(n, np.full(40, 5.0), 1e-3 * n[:, None], growth=np.array([1.0]))
    corrected = replace(model, corrections=np.array([0.5]), corrected=np.log(4.0))
    ratios = [
        (corrected.predict(rows, 5.0)[0] / model.predict(rows, 5.0)[0])[0]
        for rows in (500.0, 2.0 * model.largest[0], 4e3 * model.largest[0])
    ]
    assert ratios == pytest.approx([1.0, 2.0**0.5, 2.0])
    assert corrected.largest[0] == pytest.approx(4.0 * model.largest[0])
