"""Scripts of experiments, run in this process as from the command line."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

__all__ = ["EXPERIMENTS", "run_script"]

EXPERIMENTS = Path(__file__).resolve().parents[2] / "experiments"


def run_script(monkeypatch: pytest.MonkeyPatch, script: str, *words: object) -> None:
    """Run a script with the words of a command line; it may import modules beside it.

    Args:
        monkeypatch: Restores `sys.argv` and `sys.path` after the test.
        script: Path below `experiments/`.
        words: The arguments; those that are no texts are printed.
    """
    path = EXPERIMENTS / script
    monkeypatch.setattr(sys, "argv", [str(path), *map(str, words)])
    monkeypatch.syspath_prepend(str(path.parent))
    runpy.run_path(str(path), run_name="__main__")
