"""Golden sizes of Hyperband's brackets (METHODS 11.6; Li et al. 2018, table 1)."""

import pytest

from metalearn.errors import InputError
from metalearn.numerics.search.halving import bracket, levels, rung_fidelities


def test_golden_brackets() -> None:
    assert [bracket(s, 3, 3.0)[0][0] for s in (3, 2, 1, 0)] == [27, 12, 6, 4]
    assert [n for n, _ in bracket(3, 3, 3.0)] == [27, 9, 3, 1]
    assert [n for n, _ in bracket(2, 3, 3.0)] == [12, 4, 1]
    assert [f for _, f in bracket(3, 3, 3.0)] == pytest.approx([1 / 27, 1 / 9, 1 / 3, 1])
    # R = 81, eta = 3 of the paper: 81, 34, 15, 8, 5
    assert [bracket(s, 4, 3.0)[0][0] for s in (4, 3, 2, 1, 0)] == [81, 34, 15, 8, 5]


def test_levels_survive_floating_point() -> None:
    assert levels(1 / 243, 3.0) == 5
    assert levels(1.0, 3.0) == 0
    assert rung_fidelities(0.1, 3.0) == pytest.approx([1 / 9, 1 / 3, 1.0])


@pytest.mark.parametrize(("b_min", "eta"), [(0.0, 3.0), (2.0, 3.0), (0.1, 1.0)])
def test_refuses_senseless_settings(b_min: float, eta: float) -> None:
    with pytest.raises(InputError):
        levels(b_min, eta)
