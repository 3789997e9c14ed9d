"""cmaes: how it runs in tests."""

from __future__ import annotations


def drive(warm, loss, n):
    strategy, cube = warm.to_cmaes()
    asked = []
    while len(asked) < n:
        points = [strategy.ask() for _ in range(strategy.population_size)]
        asked += [cube.decode(z) for z in points]
        losses = [loss(c) for c in asked[-len(points) :]]
        strategy.tell(list(zip(points, losses, strict=True)))
    return asked, strategy
