"""The notebooks run from beginning to end, and are kept without outputs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="nbclient is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
QUICK = ROOT / "docs" / "notebooks" / "warm_start_for_optuna.ipynb"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_no_outputs_and_a_page_names_it(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
    pages = "".join(page.read_text() for page in (ROOT / "docs").rglob("*.md"))
    assert f"notebooks/{path.name}" in pages


@pytest.fixture
def no_store(monkeypatch, tmp_path):
    """Keep the user's store and what notebooks write out of each other's way."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.delenv("METALEARN_KB", raising=False)


@pytest.mark.usefixtures("no_store")
def test_the_code_of_a_quick_notebook_runs():
    """Without the seconds that a kernel takes to start."""
    notebook = nbformat.read(QUICK, as_version=4)
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    scope = {}
    exec(compile("\n".join(code), QUICK.name, "exec"), scope)
    assert len(scope["study"].trials) == 6


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.usefixtures("no_store")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, monkeypatch):
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    )
    notebook = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    )
    client.execute()
    assert notebook.cells[-2].outputs  # the last result is shown
