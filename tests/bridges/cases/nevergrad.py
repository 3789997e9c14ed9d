"""Nevergrad: how it runs in tests, and a space in its own objects."""

from __future__ import annotations

from metalearn.bridges.bridge import configuration_of


def drive(warm, loss, n):
    optimizer = warm.to_nevergrad(budget=n, optimizer="CMA", seed=0)
    asked, told = [], []
    for _ in range(n):
        candidate = optimizer.ask()
        values = dict(candidate.kwargs) or dict(candidate.value)
        asked.append(configuration_of(warm, values.items()))
        optimizer.tell(candidate, loss(asked[-1]))
        told.append((candidate, loss(asked[-1])))
    return asked, told


def user_space():
    import nevergrad as ng

    return ng.p.Instrumentation(
        C=ng.p.Log(lower=0.1, upper=500), gamma=ng.p.Log(lower=1e-4, upper=1.0),
        kernel=ng.p.Choice(["rbf", "poly"]),
    )  # fmt: skip
