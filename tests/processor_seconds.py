"""Processor seconds of each test file, with its child processes.

The clock of a loaded machine says little. To use it:
`python -m pytest -n0 -p tests.processor_seconds tests/store tests/automl`
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Generator

import pytest

_SECONDS: dict[str, float] = defaultdict(float)


def _used() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Add what a test and its fixtures took to the seconds of its file."""
    before = _used()
    try:
        return (yield)
    finally:
        _SECONDS[item.nodeid.partition("::")[0]] += _used() - before


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the seconds, largest first."""
    terminalreporter.section("processor seconds")
    for file, seconds in sorted(_SECONDS.items(), key=lambda item: -item[1]):
        terminalreporter.write_line(f"{seconds:8.1f}  {file}")
    terminalreporter.write_line(f"{_used():8.1f}  in all, with collection")
