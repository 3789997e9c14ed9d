"""The gallery: its script makes the pictures, and the page shows all of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from experiments.gallery.run import PICTURES, chart, gallery
from tests.experiments.running import run_script

ROOT = Path(__file__).resolve().parents[2]


def names_of_pictures(folder: Path) -> set[str]:
    """Return the names of the pictures in a folder, each a labelled SVG of moderate size."""
    paths = list(folder.iterdir())
    for path in paths:
        root = ElementTree.parse(path).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("aria-label")
        assert path.stat().st_size < 60_000
    return {path.stem for path in paths}


def test_a_picture_is_a_document_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    run_script(monkeypatch, "gallery/run.py", "--out", tmp_path, "--only", "task_map")
    assert names_of_pictures(tmp_path / "gallery") == {"task_map"}
    assert not (tmp_path / "gallery.md").exists()


@pytest.mark.slow
def test_all_pictures_are_made(tmp_path):
    words = [sys.executable, "experiments/gallery/run.py", "--out", str(tmp_path)]
    environment = {"PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(tmp_path / "share")}
    subprocess.run(words, cwd=ROOT, check=True, env=environment, stdout=subprocess.DEVNULL)
    assert names_of_pictures(tmp_path / "gallery") == {picture.name for picture in PICTURES}
    assert (tmp_path / "gallery.md").read_text() == gallery()


def test_the_page_in_the_repository_is_that_of_the_script():
    assert (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8") == gallery()
    kept = {path.stem for path in (ROOT / "docs" / "gallery").glob("*.svg")}
    assert kept == {picture.name for picture in PICTURES}


def test_a_missing_chart_names_those_that_are_there():
    page = '<svg class="chart" aria-label="Ranks of x"></svg>'
    assert chart(page, "Ranks").startswith("<svg")
    with pytest.raises(LookupError, match="Ranks of x"):
        chart(page, "Map")
