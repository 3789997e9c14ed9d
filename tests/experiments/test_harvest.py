"""The experiments on harvesting run, on a small world."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from experiments.harvest import behaviour, run


@pytest.mark.slow
def test_behaviour_is_exact_in_a_small_world(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "behaviour.json"
    assert behaviour.main(["--smoke", "--out", str(out)]) == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    assert [row["harvest"] for row in found["incremental"][:2]] == ["first", "unchanged"]
    assert all(row["share"] == 1.0 for row in found["moving"])
    assert {row["server"] for row in found["faulty"]} == set(behaviour.WORLDS)
    assert "| failing | 4 |" in capsys.readouterr().out


@pytest.mark.slow
def test_scale_runs_in_processes_of_their_own() -> None:
    assert run.main(["--smoke"]) == 0
