"""What is stored is what the server holds: first harvest, second harvest, and after changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from .checks import assert_exact, harvest
from .loopback import Loopback
from .world import FUNCTIONS, make_world


@pytest.mark.parametrize("cap", [50, 100, 10_000])
def test_first_harvest_is_exact_at_any_page_cap(tmp_path: Path, cap: int) -> None:
    world = make_world(functions=FUNCTIONS)
    with Loopback(world, cap=cap) as server:
        report = harvest(tmp_path / "kb", server, measures=FUNCTIONS)
    for function in FUNCTIONS:
        assert_exact(tmp_path / "kb", world, function)
    assert report.is_complete
    assert report.new == 2 * len(world.runs)
    assert server.peak == 1
