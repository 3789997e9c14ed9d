"""State as JSON: every kind of value survives exactly."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metalearn.core.configuration import Configuration
from metalearn.core.trial import Trial
from metalearn.errors import InputError
from metalearn.optimizers.state import from_plain, to_plain


def through_json(value: object) -> object:
    return from_plain(json.loads(json.dumps(to_plain(value), allow_nan=False)))


@given(st.floats(allow_nan=False) | st.integers() | st.text() | st.booleans() | st.none())
def test_scalars(value: object) -> None:
    assert through_json(value) == value
    assert type(through_json(value)) is type(value)


def test_arrays_keep_shape_type_nan_and_infinity() -> None:
    for array in (
        np.array([[np.nan, -np.inf], [0.1 + 0.2, 1e-320]]),
        np.arange(6, dtype=np.int64).reshape(2, 3),
        np.array([True, False]),
        np.empty((0, 4)),
    ):
        back = through_json(array)
        assert isinstance(back, np.ndarray)
        assert back.dtype == array.dtype
        np.testing.assert_array_equal(back, array)


def test_trials_configurations_and_nesting() -> None:
    configuration = Configuration("svc", {"C": 0.1 + 0.2, "kernel": "rbf", "degree": 3})
    trial = Trial(configuration, 4, 1 / 3).finished(0.25, 1.5)
    assert through_json({3: [trial, configuration], "x": {}}) == {
        3: [trial, configuration],
        "x": {},
    }
    pending = through_json(Trial(configuration))
    assert isinstance(pending, Trial)
    assert pending.status == "pending"
    assert np.isnan(pending.loss)


def test_other_kinds_are_refused() -> None:
    with pytest.raises(InputError, match="got set; convert"):
        to_plain({1, 2})
