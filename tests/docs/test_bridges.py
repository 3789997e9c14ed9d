"""Every bridge has a page, its example runs, and the overview says what it honours."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from metalearn import bridges

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
pytestmark = [
    pytest.mark.filterwarnings("ignore:Please use `:DeprecationWarning"),  # SMAC
    pytest.mark.filterwarnings("ignore::DeprecationWarning:ax"),
    pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning"),
]


SLOW = {"flaml", "hyperopt", "nevergrad", "sklearn_search", "skopt", "smac"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] if n in SLOW else []) for n in bridges.names()],
)
def test_the_example_of_a_bridge_runs(name, monkeypatch, tmp_path):
    pytest.importorskip(bridges.get(name).package)
    if name == "synetune":
        pytest.importorskip("xgboost")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("METALEARN_KB", str(ROOT / "data"))
    page = ROOT / "docs" / "guides" / "bridges" / f"{name}.md"
    scope: dict[str, object] = {}
    for block in BLOCK.findall(page.read_text()):
        exec(compile(block, page.name, "exec"), scope)
    assert "warm" in scope


@pytest.mark.parametrize("name", bridges.names())
def test_the_overview_says_what_a_bridge_honours(name):
    bridge = bridges.get(name)
    line = next(row for row in (ROOT / "docs" / "guides" / "bridges.md").read_text().splitlines()
                if f"`warm.to_{name}(" in row)  # fmt: skip
    said = [cell.strip() == "yes" for cell in line.split("|")[3:8]]
    parts = ("seeds", "observations", "prior", "sources", "memory")
    assert said == [part in bridge.honours for part in parts]
