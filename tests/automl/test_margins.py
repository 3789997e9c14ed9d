from __future__ import annotations

import numpy as np
import pytest

from metalearn.automl.margins import (
    cross_calibrated,
    fitted_calibrator,
    margin_scale,
    standardized_margins,
)


def test_models_that_differ_in_offset_and_scale_share_a_calibration(rng):
    signal = rng.normal(size=400)
    codes = (signal + rng.normal(size=400) > 0).astype(int)
    one, other = 0.05 * signal - 0.87, 3.0 * signal + 0.76  # both rank the rows alike
    pairs = [np.column_stack([-m, m]) for m in (one, other)]
    scaled = [standardized_margins(m, margin_scale(m)) for m in pairs]
    assert scaled[0] == pytest.approx(scaled[1])
    calibrator = fitted_calibrator(scaled[0], codes)
    assert calibrator.coef_[0, 0] > 0


def test_a_class_without_training_rows_does_not_divide_by_zero(rng):
    margins = np.column_stack([rng.normal(size=(50, 2)), np.full(50, -4.0)])
    found = standardized_margins(margins, margin_scale(margins))
    assert np.isfinite(found).all()
    assert np.abs(found).max() <= 10.0


def test_a_single_hold_out_part_is_not_calibrated_on_itself(rng):
    codes = rng.integers(0, 8, size=120)
    margins = rng.normal(size=(120, 8))  # noise
    found = cross_calibrated(margins, codes, np.zeros(120, int))
    loss = -np.log(np.clip(found[np.arange(120), codes], 1e-15, None)).mean()
    assert loss > np.log(8)  # no better than chance
