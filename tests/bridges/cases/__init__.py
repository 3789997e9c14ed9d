"""How each bridge is tested, one file a bridge, named like it.

`drive(warm, loss, n)` runs the library itself and returns the configurations that it evaluated,
and its results. `user_space()` returns a space of svc in the library's own objects: C, gamma and,
where the library can express it, the kernel.
"""

from __future__ import annotations

from importlib import import_module


def case(name):
    """Return the test case of a bridge."""
    return import_module(f"tests.bridges.cases.{name}")
