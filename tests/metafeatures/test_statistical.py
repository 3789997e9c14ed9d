"""Statistics against slow definitions: SciPy, scikit-learn, or the formula written out."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from metalearn.metafeatures import GROUPS, extract, view_of
from metalearn.metafeatures.normality import looks_normal, shapiro_wilk
from metalearn.testing.tables import TABLES

STATISTICAL = GROUPS.get("statistical").features


def _view(X, y, kind="classification"):
    return view_of(pd.DataFrame(X), pd.Series(y), kind)


@pytest.mark.parametrize("n", [3, 4, 5, 6, 10, 11, 12, 30, 500, 4999])
def test_shapiro_wilk_is_that_of_scipy(n):
    rng = np.random.default_rng(n)
    columns = np.vstack(
        [rng.normal(size=(20, n)), rng.exponential(size=(10, n)), rng.random((10, n))]
    )
    expected = [scipy.stats.shapiro(column) for column in columns]
    found = looks_normal(np.sort(columns, axis=1))
    assert found.tolist() == [bool(result.pvalue > 0.05) for result in expected]
    assert shapiro_wilk(columns[0]) == pytest.approx(expected[0].statistic, abs=1e-6)


def test_statistics_of_a_column_use_its_observed_values():
    rng = np.random.default_rng(0)
    column = rng.gamma(2.0, size=101)
    column[::7] = np.nan
    seen = column[~np.isnan(column)]
    X = pd.DataFrame({"a": column})
    found = extract(X, pd.Series(np.arange(101) % 2), kind="classification").values
    n = len(seen)
    expected = {
        "mean": seen.mean(),
        "median": np.median(seen),
        "var": seen.var(ddof=1),
        "mad": scipy.stats.median_abs_deviation(seen) * 1.4826,
        "iq_range": scipy.stats.iqr(seen),
        "t_mean": scipy.stats.trim_mean(seen, 0.2),
        "g_mean": scipy.stats.gmean(seen),
        "h_mean": scipy.stats.hmean(seen),
        "skewness": scipy.stats.skew(seen) * ((n - 1) / n) ** 1.5,
        "kurtosis": (scipy.stats.kurtosis(seen) + 3) * (1 - 1 / n) ** 2 - 3,
    }
    for name, value in expected.items():
        assert found[f"{name}.mean"] == pytest.approx(value, rel=1e-9), name


@pytest.mark.parametrize("table", ["iris", "wine", "gaussian"])
def test_canonical_correlations_are_those_of_orthogonal_bases(table):
    X, y = TABLES[table]()
    centred = X.to_numpy() - X.to_numpy().mean(axis=0)
    classes = pd.get_dummies(y).to_numpy(dtype=float)[:, 1:]
    q_x, strength, _ = np.linalg.svd(centred / centred.std(axis=0), full_matrices=False)
    q_x = q_x[:, strength > 1e-8 * strength[0]]  # two of the Gaussian columns are redundant
    q_y = np.linalg.qr(classes - classes.mean(axis=0))[0]
    expected = np.linalg.svd(q_x.T @ q_y, compute_uv=False)
    view = _view(X, y)
    np.testing.assert_allclose(STATISTICAL["can_cor"].compute(view), expected, atol=1e-10)
    squares = expected**2
    assert STATISTICAL["w_lambda"].compute(view) == pytest.approx(np.prod(1 - squares))
    assert STATISTICAL["lh_trace"].compute(view) == pytest.approx((squares / (1 - squares)).sum())


def test_traces_by_hand():
    # Class means 1 and 5 about 3: 16 between the classes, 4 within, so rho^2 / (1 - rho^2) = 4.
    view = _view([[0.0], [2.0], [4.0], [6.0]], [0, 0, 1, 1])
    assert STATISTICAL["can_cor"].compute(view) == pytest.approx([np.sqrt(0.8)])
    assert STATISTICAL["lh_trace"].compute(view) == pytest.approx(4.0)
    assert STATISTICAL["roy_root"].compute(view) == pytest.approx(4.0)


@pytest.mark.parametrize(("n_rows", "n_columns"), [(40, 39), (40, 80)])
def test_columns_that_determine_the_classes_have_no_finite_trace(n_rows, n_columns):
    # n - 1 independent columns span every centred indicator: each canonical correlation is 1.
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(n_rows, n_columns)))
    y = pd.Series(np.arange(n_rows) % 3)
    found = extract(X, y, kind="classification", groups=["statistical"])
    assert found.values["can_cor.min"] == pytest.approx(1.0)
    assert found.values["p_trace"] == pytest.approx(2.0)
    assert found.values["w_lambda"] == pytest.approx(0.0, abs=1e-12)
    for name in ("lh_trace", "roy_root"):
        assert np.isnan(found.values[name])
        assert "canonical correlation is 1" in found.reasons[name]


def test_sd_ratio_is_boxs_formula():
    rng = np.random.default_rng(3)
    sizes, scales = (40, 60, 100), (1.0, 2.0, 0.5)
    parts = [rng.normal(scale=s, size=(n, 3)) for n, s in zip(sizes, scales, strict=True)]
    covariances = [np.cov(part, rowvar=False) for part in parts]
    weights, p, n, c = np.array(sizes) - 1, 3, sum(sizes), 3
    pooled = sum(w * s for w, s in zip(weights, covariances, strict=True)) / (n - c)
    gamma = 1 - (2 * p**2 + 3 * p - 1) / (6 * (p + 1) * (c - 1)) * (
        (1 / weights).sum() - 1 / (n - c)
    )
    log_ratio = (n - c) * np.log(np.linalg.det(pooled)) - sum(
        w * np.log(np.linalg.det(s)) for w, s in zip(weights, covariances, strict=True)
    )
    view = _view(np.vstack(parts), np.repeat([0, 1, 2], sizes))
    expected = np.exp(gamma * log_ratio / (p * (n - c)))
    assert STATISTICAL["sd_ratio"].compute(view) == pytest.approx(expected)


def test_pca_shares_are_those_of_scikit_learn():
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    X, y = TABLES["wine"]()
    model = PCA().fit(StandardScaler().fit_transform(X))
    scores = model.transform(StandardScaler().fit_transform(X))[:, 0]
    needed = int((np.cumsum(model.explained_variance_ratio_) < 0.95).sum()) + 1
    view = _view(X, y)
    assert STATISTICAL["pca_share_95"].compute(view) == pytest.approx(needed / X.shape[1])
    assert STATISTICAL["pca_skewness"].compute(view) == pytest.approx(
        abs(scipy.stats.skew(scores))
    )
    assert STATISTICAL["pca_kurtosis"].compute(view) == pytest.approx(scipy.stats.kurtosis(scores))


def test_one_undefined_column_does_not_spoil_the_summary():
    rng = np.random.default_rng(1)
    X = pd.DataFrame({"a": rng.normal(size=50), "b": [1.0] * 50, "c": rng.random(50)})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = extract(X, pd.Series(np.arange(50) % 2), kind="classification")
    assert np.isfinite(found.values["skewness.mean"])
    assert found.values["cor.mean"] == pytest.approx(abs(np.corrcoef(X["a"], X["c"])[0, 1]))
    assert found.values["h_mean.max"] == pytest.approx(1.0)


def test_regression_targets_have_a_shape():
    rng = np.random.default_rng(2)
    y = pd.Series(rng.exponential(size=400))
    X = pd.DataFrame({"a": y + rng.normal(size=400), "b": rng.normal(size=400)})
    found = extract(X, y, kind="regression", groups=["target"]).values
    assert found["target_skewness"] == pytest.approx(scipy.stats.skew(y))
    assert found["target_kurtosis"] == pytest.approx(scipy.stats.kurtosis(y))
    assert found["target_cor.max"] == pytest.approx(abs(np.corrcoef(X["a"], y)[0, 1]))
    assert found["target_is_positive"] == 1.0
