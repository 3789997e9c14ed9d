"""pycma: how it runs in tests."""

from __future__ import annotations


def drive(warm, loss, n):
    strategy, cube = warm.to_cma()
    asked = []
    while len(asked) < n:
        points = strategy.ask()
        asked += [cube.decode(z) for z in points]
        strategy.tell(points, [loss(c) for c in asked[-len(points) :]])
    return asked, strategy
