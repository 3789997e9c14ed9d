"""The page of presets is written from kept fits; unfinished tables are left out."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

REPORT = Path(__file__).resolve().parents[2] / "experiments" / "systems" / "report.py"
LOSS = {"default": 0.1, "tpot": 0.2, "untuned-forest": 0.3}


def fit(table, system, **changed):
    curve = [] if system == "untuned-forest" else [[1.0, 2 * LOSS[system]], [2.0, LOSS[system]]]
    return {"table": table, "system": system, "split": 0, "budget_s": 5.0, "metric": "log_loss",
            "seed": 0, "loss": LOSS[system], "fit_s": 4.0, "cpu_s": 3.0, "n_trials": 2,
            "curve": curve, "error": "", **changed}  # fmt: skip


def written(folder, fits):
    folder.mkdir(exist_ok=True)
    (folder / "fits.jsonl").write_text("".join(json.dumps(row) + "\n" for row in fits))
    return folder


@pytest.fixture
def main():
    return runpy.run_path(str(REPORT))["main"]


def test_the_page(main, tmp_path):
    fits = [fit(table, system) for table in ("a", "b") for system in LOSS]
    page = tmp_path / "docs" / "evidence" / "page.md"
    page.parent.mkdir(parents=True)
    names = ("verdict", "ranks", "losses")
    page.write_text("".join(f"<!-- {n} -->\n<!-- end {n} -->\n" for n in names))
    folder = written(tmp_path / "fits", [*fits, fit("c", "default")])
    found = main([str(folder), "--docs", str(page)])
    assert found.tables == ("a", "b")
    text = page.read_text()
    assert "| `default` | 1.00 | 1.0 to 1.0 | 0.00 | 2/0/0 | 2 | 3.0 | 0 |" in text
    assert "| `tpot` | 0.2 | 0.2 |" in text
    assert (
        "`default` has the best mean rank: 1.00 (1.0 to 1.0); the next, `tpot`, has 2.00." in text
    )
    assert "Every preset is ahead" in text
    figures = [p.name for p in (tmp_path / "docs" / "figures").iterdir()]
    assert figures == ["systems_seconds.svg"]


def test_fits_of_several_comparisons_or_none(main, tmp_path):
    several = written(tmp_path / "a", [fit("a", "default"), fit("a", "tpot", budget_s=9.0)])
    with pytest.raises(SystemExit, match="one comparison"):
        main([str(several)])
    unfinished = written(tmp_path / "b", [fit("a", "default"), fit("b", "tpot")])
    with pytest.raises(SystemExit, match="no table"):
        main([str(unfinished)])
