"""Ax: how it runs in tests, and a space in its own objects."""

from __future__ import annotations

from metalearn.bridges.bridge import configuration_of


def drive(warm, loss, n):
    client, pending = warm.to_ax(seed=0)
    asked = []
    while len(asked) < n:
        waiting = pending or client.get_next_trials(max_trials=1)
        for index, values in dict(waiting).items():
            asked.append(configuration_of(warm, values.items()))
            client.complete_trial(index, raw_data={"loss": loss(asked[-1])})
        pending = {}
    return asked, client


def user_space():
    from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

    return [
        RangeParameterConfig(name="C", bounds=(0.1, 500), parameter_type="float", scaling="log"),
        RangeParameterConfig(name="gamma", bounds=(1e-4, 1), parameter_type="float",
                             scaling="log"),
        ChoiceParameterConfig(name="kernel", values=["rbf", "poly"], parameter_type="str",
                              is_ordered=False),
    ]  # fmt: skip
