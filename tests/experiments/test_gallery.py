"""The gallery: its script makes the pictures, and the page shows all of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from experiments.gallery.run import PICTURES, chart, gallery

ROOT = Path(__file__).resolve().parents[2]


def made(folder: Path, *names: str) -> set[str]:
    words = [sys.executable, "experiments/gallery/run.py", "--out", str(folder)]
    subprocess.run([*words, *(["--only", ",".join(names)] if names else [])], cwd=ROOT, check=True,
                   env={"PYTHONPATH": str(ROOT), "XDG_DATA_HOME": str(folder / "share")},
                   stdout=subprocess.DEVNULL)  # fmt: skip
    for path in (folder / "gallery").iterdir():
        root = ElementTree.parse(path).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.get("aria-label")
        assert path.stat().st_size < 60_000
    return {path.stem for path in (folder / "gallery").iterdir()}


def test_a_picture_is_a_document_of_its_own(tmp_path):
    assert made(tmp_path, "task_map") == {"task_map"}
    assert not (tmp_path / "gallery.md").exists()


@pytest.mark.slow
def test_all_pictures_are_made(tmp_path):
    assert made(tmp_path) == {picture.name for picture in PICTURES}
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
