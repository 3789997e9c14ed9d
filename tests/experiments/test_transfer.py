"""The comparison of transfer surrogates and the measurement of their speed run in smoke mode."""

from __future__ import annotations

import csv

import pandas as pd
import pytest

from tests.experiments.running import EXPERIMENTS, run_script


@pytest.mark.slow
def test_a_corner_of_the_comparison_is_played_once(shared_data, monkeypatch, tmp_path, capsys):
    data = str(shared_data / "metadatasets")
    methods = ["default", "tst-r", "gp-ei", "random"]
    words = [data, "--smoke", "--budget", "5", "--methods", *methods, "--out", str(tmp_path)]
    curves = tmp_path / "tst-svm" / "curves.csv"
    for _ in range(2):  # the second time there is nothing left to do
        run_script(monkeypatch, "transfer/run.py", *words)
        rows = list(csv.DictReader(curves.read_text().splitlines()))
        assert len(rows) == len(methods) * 4 * 5
        assert {row["method"] for row in rows} == set(methods)
        assert all(0.0 <= float(row["regret"]) <= 1.0 for row in rows)
    assert "| default | " in capsys.readouterr().out


def test_speed_is_measured(monkeypatch, tmp_path):
    words = ["--smoke", "--surrogates", "soft-taf", "--out", str(tmp_path)]
    run_script(monkeypatch, "transfer/speed.py", *words)
    (row,) = csv.DictReader((tmp_path / "speed.csv").read_text().splitlines())
    assert float(row["next_s"]) > 0.0


def test_only_tables_of_which_all_surrogates_were_measured_are_written(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(EXPERIMENTS.parent))
    from experiments.transfer.speed import NETWORKS, write_docs

    for page in ("surrogates.md", "learned.md"):
        (tmp_path / page).write_text("<!-- speed -->\n<!-- end speed -->\n")
    measured = [*NETWORKS, "rgpe", "soft-taf"]
    found = pd.DataFrame({"surrogate": measured, "first_s": 2.0, "next_s": 0.25})
    write_docs(found, tmp_path)
    assert "rgpe" not in (tmp_path / "surrogates.md").read_text()
    written = (tmp_path / "learned.md").read_text()
    assert "| fsbo | 2.00 | 0.25 |" in written
    assert "| soft-taf | 2.00 | 0.25 |" in written
    assert "rgpe" not in written
