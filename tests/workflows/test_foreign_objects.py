"""Spaces of every library are read into one description."""

from __future__ import annotations

import pytest

from metalearn import bridges
from metalearn.errors import InputError
from metalearn.workflows.foreign_objects import bridge_of, library_of, read_space
from tests.bridges.cases import case

NAMES = [n for n in bridges.names() if hasattr(case(n), "user_space")]
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ax"),
    pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning"),
]


@pytest.mark.parametrize("name", NAMES)
def test_axes_have_their_ends_scales_and_choices(name):
    pytest.importorskip(bridges.get(name).package)
    foreign = case(name).user_space()
    # Where Ray is installed, FLAML's domains are Ray's.
    assert library_of(foreign) in ({name, "raytune"} if name == "flaml" else {name})
    _, found = read_space(foreign)
    axes = {key.removeprefix("svc__"): found[key] for key in found}
    assert (axes["C"].lower, axes["C"].upper, axes["C"].log) == (
        pytest.approx(0.1), pytest.approx(500.0), True,
    )  # fmt: skip
    assert axes["gamma"].upper == pytest.approx(1.0)
    assert set(axes["kernel"].choices) == {"rbf", "poly"}
    assert "comment" not in axes


def test_hyperopt_nests_by_choice():
    pytest.importorskip("hyperopt")
    _, found = read_space(case("hyperopt").user_space())
    (condition,) = found.conditions
    assert condition.child.name == "degree"
    assert (found["degree"].lower, found["degree"].upper) == (2, 5)


def test_several_grids_are_one_conditional_space():
    grids = [{"kernel": ["rbf"], "gamma": [0.1, 1.0]}, {"kernel": ["poly"], "degree": [2, 3]}]
    _, found = read_space(grids)
    assert {c.child.name for c in found.conditions} == {"gamma", "degree"}


def test_objects_in_a_grid_are_kept_beside_their_names():
    _, found = read_space({"hidden": [(50,), (100, 50)]})
    assert found["hidden"].choices == ("(50,)", "(100, 50)")
    assert found["hidden"].meta["objects"]["(50,)"] == (50,)


@pytest.mark.parametrize("foreign", ["svcc", 3, [1, 2]])
def test_what_is_no_space_is_refused(foreign):
    with pytest.raises(InputError, match="expected a search space"):
        read_space(foreign)


def test_unbounded_axes_are_refused():
    from scipy.stats import norm

    with pytest.raises(ValueError, match="no ends"):
        read_space({"C": norm(0, 1)})


def test_results_are_told_by_their_type():
    optuna = pytest.importorskip("optuna")
    assert bridge_of(optuna.create_study()) == "optuna"
    with pytest.raises(InputError, match="no result"):
        bridge_of(object())
