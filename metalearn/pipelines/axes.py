"""The axes of all pipelines of a grammar, as one ConfigSpace object.

Each place of a pipeline is a category of operators: `step1`, ..., `left1`, `right1`, ..., `model`.
The hyperparameters of an operator (`step1:pca:share`) are active where it stands. Branches are
active where a step is a union.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from metalearn.core.joint_space import renamed_space
from metalearn.pipelines.genotype import UNION
from metalearn.pipelines.grammar import Grammar

if TYPE_CHECKING:
    import ConfigSpace

__all__ = ["NONE", "pipeline_axes", "transformer_places"]

NONE = "none"
"""Value of a place without an operator; configurations leave it out."""


def transformer_places(grammar: Grammar) -> tuple[str, ...]:
    """Return the names of the places for transformers."""
    n_steps = min(grammar.max_steps, grammar.max_nodes - 1) if grammar.operators else 0
    n_branch = grammar.max_branch if grammar.has_unions else 0
    return (
        *(f"step{i}" for i in range(1, n_steps + 1)),
        *(f"{side}{i}" for side in ("left", "right") for i in range(1, n_branch + 1)),
    )


def pipeline_axes(grammar: Grammar) -> ConfigSpace.ConfigurationSpace:
    """Return the axes and conditions of all pipelines of a grammar."""
    import ConfigSpace

    encoders: list[str] = [name for name in grammar.encoders if name != "native"]
    encoders += ["native"] if "native" in grammar.encoders else []
    # ConfigSpace's types share no base.
    everything: list[Any] = [
        _category("encoder", encoders),
        _category("imputer", _imputers(grammar)),
    ]
    named: dict[str, Any] = {}
    for place in transformer_places(grammar):
        own = [UNION] if grammar.has_unions and place.startswith("step") else []
        named[place] = _category(place, [NONE, *own, *grammar.operators])
        everything += [named[place], *_children(named[place], grammar.operators, grammar)]
    everything += _branch_conditions(named)
    model = _category("model", grammar.learners)
    everything += [model, *_children(model, grammar.learners, grammar)]
    space = ConfigSpace.ConfigurationSpace()
    space.add(everything)
    return space


def _imputers(grammar: Grammar) -> tuple[str, ...]:
    """Return the imputers; learners that read raw tables have `median`, which they ignore."""
    is_needed = "native" in grammar.encoders
    return tuple(dict.fromkeys([*grammar.imputers, *(["median"] if is_needed else [])]))


def _category(name: str, choices: Sequence[str]) -> Any:
    import ConfigSpace

    return ConfigSpace.CategoricalHyperparameter(name, list(choices), default_value=choices[0])


def _children(place: Any, names: Sequence[str], grammar: Grammar) -> list[Any]:
    """Return the hyperparameters of all operators at a place, with their conditions."""
    import ConfigSpace

    found: list[Any] = []
    for name in names:
        own = renamed_space(grammar.space_of(name), f"{place.name}:{name}:")
        found += [*own.values(), *own.conditions, *own.forbidden_clauses]
        inner = {condition.child.name for condition in own.conditions}
        found += [
            ConfigSpace.EqualsCondition(axis, place, name)
            for axis in own.values()
            if axis.name not in inner
        ]
    return found


def _branch_conditions(named: Mapping[str, Any]) -> list[Any]:
    """Return the conditions that make branches active where a step is a union."""
    import ConfigSpace

    steps = [axis for name, axis in named.items() if name.startswith("step")]
    found: list[Any] = []
    for name, axis in named.items():
        if not name.startswith("step"):
            each = [ConfigSpace.EqualsCondition(axis, step, UNION) for step in steps]
            found.append(ConfigSpace.OrConjunction(*each) if len(each) > 1 else each[0])
    return found
