"""Which of several equal choices an Optuna trial has: 1, 1.0 and True are three choices.

Optuna stores a choice as the place of the first one that is equal, so that a trial of 1.0 is read
back as 1. Its sampler therefore notes the place beside the trial, where choices of one list are
equal; trials that were enqueued keep their values in `fixed_params`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metalearn.bridges.axes import word
from metalearn.core.choices import ChoiceIndex
from metalearn.core.configuration import canonical_json

__all__ = ["has_equal_choices", "is_in_study", "note_choices", "params_of"]

_PLACE = "metalearn:choice:"
_FIXED = "fixed_params"  # Optuna's own name for the values of an enqueued trial


def has_equal_choices(distribution: Any) -> bool:
    """Return whether some choices of a distribution are equal but not the same."""
    choices = getattr(distribution, "choices", ())
    return any(choices.index(choice) != i for i, choice in enumerate(choices))


def note_choices(
    study: Any, trial: Any, values: Mapping[str, Any], kinds: Mapping[str, Any]
) -> None:
    """Store beside a trial the places of its choices, where the values do not name them.

    Args:
        study: The study.
        trial: Its trial, as a sampler gets it.
        values: Suggested values by name.
        kinds: Distributions by name.
    """
    for name, value in values.items():
        if name in kinds and has_equal_choices(kinds[name]):
            place = _place(kinds[name], value)
            study._storage.set_trial_system_attr(trial._trial_id, _PLACE + name, place)


def params_of(trial: Any) -> dict[str, Any] | None:
    """Return the values that a trial evaluated; None if equal choices cannot be resolved."""
    found = dict(trial.params)
    fixed = trial.system_attrs.get(_FIXED, {})
    for name, kind in trial.distributions.items():
        if not has_equal_choices(kind):
            continue
        value = found[name]
        if sum(choice == value for choice in kind.choices) == 1:
            continue
        place = trial.system_attrs.get(_PLACE + name)
        if name in fixed:
            place = _place(kind, fixed[name])
        if place is None:
            return None
        found[name] = kind.choices[place]
    return found


def is_in_study(study: Any, values: Mapping[str, Any]) -> bool:
    """Return whether a study has a trial of exactly these values, waiting or evaluated."""
    every = study.get_trials(deepcopy=False)
    return _key(values) in {_key(t.system_attrs.get(_FIXED) or params_of(t) or {}) for t in every}


def _place(distribution: Any, value: Any) -> int | None:
    return ChoiceIndex([word(choice) for choice in distribution.choices]).strictly(word(value))


def _key(values: Mapping[str, Any]) -> str:
    return canonical_json({name: word(value) for name, value in values.items()})
