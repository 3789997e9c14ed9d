"""Spaces by name: one algorithm, several, or all of a kind."""

from __future__ import annotations

import pytest

from metalearn.core.joint_space import JointSpace
from metalearn.core.space import Space
from metalearn.errors import UnknownNameError, UsageError
from metalearn.learners import CATALOGUE
from metalearn.learners.joint import are_names, is_joint, named_space, names_of_space


def test_one_name_is_the_space_of_the_algorithm() -> None:
    for one in ("svc", ["svc"], ("svc", "svc"), "svc, "):
        assert not is_joint(one)
        assert named_space(one, "classification")[0] is CATALOGUE.get("svc").space(
            "classification"
        )


def test_several_names_are_a_joint_space_in_their_order() -> None:
    for several in ("svc,naive_bayes", "svc, naive_bayes", ["svc", "naive_bayes"]):
        assert is_joint(several)
        space, notes = named_space(several, "classification")
        assert isinstance(space, JointSpace)
        assert (space.algorithms, space.algorithm, notes) == (
            ("svc", "naive_bayes"), "svc,naive_bayes", (),
        )  # fmt: skip


@pytest.mark.parametrize("kind", ["classification", "regression"])
def test_all_are_those_of_the_kind_that_are_installed(kind) -> None:
    space, notes = named_space("all", kind)
    learners = map(CATALOGUE.get, CATALOGUE.names())
    suited = [learner for learner in learners if kind in learner.kinds]
    assert space.algorithms == tuple(each.name for each in suited if each.is_installed)
    assert len(notes) == sum(not learner.is_installed for learner in suited)
    assert is_joint("all")
    assert is_joint(["all"])


def test_what_is_no_name() -> None:
    space = Space("svc", CATALOGUE.get("svc").space("classification").config_space)
    for other in (space, None, {"C": [1, 2]}, [{"C": [1]}], [], 3, ["svc", 3]):
        assert not are_names(other)
    assert names_of_space(["svc", "svr,svc"]) == ("svc", "svr")


@pytest.mark.parametrize("wrong", [["svc", "random_forrest"], "svc,random_forrest"])
def test_an_unknown_name_gets_the_nearest(wrong) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'random_forest'"):
        named_space(wrong, "classification")


def test_an_algorithm_of_the_other_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="'svr' does not do classification"):
        named_space("svc,svr", "classification")
    with pytest.raises(UsageError, match="got no name"):
        named_space(" , ", "classification")
