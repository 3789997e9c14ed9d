"""A learner's name for runs that are stored as a flow's number."""

from __future__ import annotations

import ConfigSpace as cs
import pytest

from metalearn.core.space import Space
from metalearn.errors import UnknownNameError
from metalearn.histories.flow_names import stored_name


class Source:
    """A store that knows spaces only."""

    def __init__(self, **axes):
        self.axes = axes

    def space(self, algorithm):
        space = cs.ConfigurationSpace()
        space.add(
            *(cs.UniformFloatHyperparameter(name, 0.0, 1.0) for name in self.axes[algorithm])
        )
        return Space(algorithm, space)


FLOWS = {
    "openml-flow-6969": ["imputer__strategy", "randomforestclassifier__max_features"],
    "openml-flow-7707": ["svc__gamma"],
    "openml-flow-8": ["linearsvc__C"],
    "sklearn.ensemble.GradientBoostingRegressor": ["learning_rate"],
}


def unknown(name, source):
    return stored_name(source, UnknownNameError("algorithm", name, tuple(source.axes)))


@pytest.mark.parametrize(
    ("name", "flow"),
    [
        ("random_forest", "openml-flow-6969"),
        ("RandomForestClassifier", "openml-flow-6969"),
        ("svc", "openml-flow-7707"),
        ("gradient_boosting", "sklearn.ensemble.GradientBoostingRegressor"),
    ],
)
def test_the_one_flow_that_fits_is_taken_and_named(name, flow):
    found, note = unknown(name, Source(**FLOWS))
    assert found == flow
    assert repr(flow) in note
    assert repr(name) in note


def test_several_flows_are_named_and_none_is_taken():
    source = Source(**FLOWS, other=["randomforestregressor__max_depth"])
    with pytest.raises(UnknownNameError, match=r"known: openml-flow-6969, other$"):
        unknown("random_forest", source)


def test_nothing_fits():
    with pytest.raises(UnknownNameError, match=r"known: openml-flow-6969, .*GradientBoosting"):
        unknown("knn", Source(**FLOWS))
    with pytest.raises(UnknownNameError, match="known: openml-flow-6969"):
        unknown("openml-flow-696", Source(**FLOWS))
