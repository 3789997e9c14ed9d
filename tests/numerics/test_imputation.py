"""Missing cells of tasks x configurations: normalized regret, losses, runtimes."""

import numpy as np
import pytest

from metalearn.errors import NotEnoughMetaDataError
from metalearn.numerics.imputation import (
    additive_imputation,
    imputed_regret,
    runtime_imputation,
    shrunk_imputation,
)


def test_missing_regret_is_somewhat_above_the_mean(rng):
    regret = rng.random((40, 5))
    partial = regret.copy()
    partial[::2, 1] = np.nan
    filled = shrunk_imputation(partial)
    np.testing.assert_array_equal(filled[1::2], regret[1::2])
    assert filled[0, 1] > np.nanmean(partial[:, 1])
    assert shrunk_imputation(regret) is regret


def test_missing_regret_by_hand():
    # column 2: n = 1, overall mean 1/2: mean = (1 + 5/2) / 6 = 7/12, spread by its formula
    regret = np.array([[0.0, 1.0], [0.5, np.nan]])
    mean = 7 / 12
    spread = np.sqrt(((1 - mean) ** 2 + 5 * 0.25**2) / 6)
    np.testing.assert_allclose(shrunk_imputation(regret)[1, 1], mean + 0.5 * spread)
    losses = np.array([[3.0, 7.0, 5.0], [1.0, np.nan, 2.0]])
    expected = shrunk_imputation(np.array([[0.0, 1.0, 0.5], [0.0, np.nan, 1.0]]))
    np.testing.assert_allclose(imputed_regret(losses), expected)
    assert (shrunk_imputation(np.full((2, 2), np.nan)) > 0.5).all()


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1.0, 1e12, 1e300])
def test_imputed_regret_does_not_depend_on_the_unit(rng, unit):
    losses = np.where(rng.random((8, 6)) < 0.3, np.nan, rng.random((8, 6)))
    np.testing.assert_allclose(imputed_regret(unit * losses), imputed_regret(losses))


def test_missing_losses_follow_the_task_and_the_configuration(rng):
    task, configuration = np.linspace(0.0, 10.0, 200)[:, None], np.arange(4.0) / 10
    losses = task + configuration
    partial = losses.copy()
    partial[rng.random(losses.shape) < 0.3] = np.nan
    assert np.abs(additive_imputation(partial) - losses).max() < 0.02  # shrunk by one task of 140
    assert additive_imputation(losses) is losses
    partial[:, 2] = np.nan
    assert np.isnan(additive_imputation(partial)[:, 2]).all()
    assert np.isfinite(additive_imputation(partial)[:, [0, 1, 3]]).all()


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1e12, 1e300])
def test_additive_imputation_scales_with_the_losses(rng, unit):
    losses = np.where(rng.random((8, 6)) < 0.3, np.nan, rng.random((8, 6)))
    np.testing.assert_allclose(
        additive_imputation(unit * losses) / unit, additive_imputation(losses)
    )


def test_runtimes_are_completed_by_row_and_column():
    seconds = np.array([[1.0, 10.0], [2.0, np.nan], [0.0, np.nan]])
    complete = runtime_imputation(seconds, "x")
    assert complete[2, 0] == 1.0
    assert (complete > 0).all()
    assert complete[1, 1] > complete[1, 0]
    with pytest.raises(NotEnoughMetaDataError, match="'x' needs at least one evaluation"):
        runtime_imputation(np.array([[np.nan, 0.0]]), "x")
