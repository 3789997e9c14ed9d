"""Branches as text: every type of value, by the axis that it is for."""

from __future__ import annotations

import ConfigSpace as cs
import pytest

from metalearn.core.space import Space
from metalearn.errors import UsageError
from metalearn.histories.branch import parsed_branch


@pytest.fixture(scope="module")
def space():
    made = cs.ConfigurationSpace()
    made.add(
        cs.CategoricalHyperparameter("bootstrap", [True, False]),
        cs.CategoricalHyperparameter("max_features", ["sqrt", 0.5, None, 2]),
        cs.CategoricalHyperparameter("mixed", ["1", 1, "None", None, "True"]),
        cs.CategoricalHyperparameter("formula", ["y=a", "y=a,b", "x, y", "", 'say "so"']),
        cs.CategoricalHyperparameter("tricky", ["p", "p,bootstrap=True"]),
        cs.OrdinalHyperparameter("size", [1, 16, 256]),
        cs.UniformIntegerHyperparameter("n", 1, 1000, log=True),
        cs.UniformFloatHyperparameter("rate", 1e-4, 10.0, log=True),
        cs.Constant("verbose", 0),
        cs.UniformFloatHyperparameter("forest__max_samples", 0.1, 1.0),
        cs.UniformFloatHyperparameter("one__twice", 0.1, 1.0),
        cs.UniformFloatHyperparameter("two__twice", 0.1, 1.0),
    )
    return Space("a", made)


@pytest.mark.parametrize(
    ("word", "name", "value"),
    [
        ("bootstrap=True", "bootstrap", True),
        ("bootstrap=true", "bootstrap", True),
        ("bootstrap=False", "bootstrap", False),
        ("max_features=sqrt", "max_features", "sqrt"),
        ('max_features="sqrt"', "max_features", "sqrt"),
        ("max_features=0.5", "max_features", 0.5),
        ("max_features=5e-1", "max_features", 0.5),
        ("max_features=None", "max_features", None),
        ("max_features=null", "max_features", None),
        ("max_features=2", "max_features", 2),
        ("max_features=2.0", "max_features", 2),
        ("mixed=1", "mixed", 1),
        ('mixed="1"', "mixed", "1"),
        ("mixed=None", "mixed", None),
        ('mixed="None"', "mixed", "None"),
        ("mixed=True", "mixed", "True"),  # there is no truth value on this axis
        ("formula=y=a", "formula", "y=a"),
        ("formula=y=a,b", "formula", "y=a,b"),
        ("formula=x, y", "formula", "x, y"),
        ("formula=", "formula", ""),
        ('formula=say "so"', "formula", 'say "so"'),
        ("size=16", "size", 16),
        ("n=10", "n", 10),
        ("n=1e2", "n", 100),
        ("rate=1", "rate", 1.0),
        ("rate=1e-3", "rate", 1e-3),
        ("verbose=0", "verbose", 0),
        ("forest__max_samples=0.5", "forest__max_samples", 0.5),
        ("max_samples=0.5", "forest__max_samples", 0.5),
    ],
)
def test_every_type_of_value(space, word, name, value):
    (found,) = parsed_branch([word], space).items()
    assert found == (name, value)
    assert type(found[1]) is type(value)


def test_several_by_commas_or_repeated(space):
    both = {"bootstrap": True, "formula": "y=a,b"}
    assert parsed_branch(["formula=y=a,b,bootstrap=True"], space) == both
    assert parsed_branch(["bootstrap=True", "formula=y=a,b"], space) == both
    # The longest text that is a value of the axis is the value.
    assert parsed_branch(["tricky=p,bootstrap=True"], space) == {"tricky": "p,bootstrap=True"}
    assert parsed_branch(["tricky=p,bootstrap=False"], space) == {
        "tricky": "p", "bootstrap": False,
    }  # fmt: skip
    assert parsed_branch([], space) == {}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["bootstrap"], "NAME=VALUE"),
        (["bootstrap=yes"], "bootstrap is one of True, False"),
        (["bootstrap=1"], "bootstrap is one of True, False"),
        (["bootstrp=True"], "did you mean 'bootstrap'"),
        (["twice=0.5"], "one__twice"),
        (["n=2.5"], "an integer from 1 to 1000"),
        (["n=many"], "an integer from 1 to 1000"),
        (["rate=100"], "a number from 0.0001 to 10"),
        (["rate=nan"], "a number"),
        (["bootstrap=True", "bootstrap=False"], "two values"),
    ],
)
def test_what_is_no_branch_is_refused(space, words, says):
    with pytest.raises(UsageError, match=says):
        parsed_branch(words, space)
