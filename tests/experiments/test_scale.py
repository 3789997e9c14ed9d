"""The experiments on scale run, on small worlds."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.scale import (
    cold_start,
    engines,
    importance,
    large,
    opening,
    protocol,
    quality,
    stores,
    tables,
    worlds,
)
from experiments.scale.alone import answer_alone
from metalearn.core.meta_dataset import MetaDataset


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make all worlds small; the first rows are those of the large ones."""

    def small_meta_dataset(n_tasks: int, n_configurations: int, **more: float) -> MetaDataset:
        del n_tasks, n_configurations
        return worlds.large_meta_dataset(24, 80, **more)

    monkeypatch.setenv("METALEARN_CACHE", "off")  # a question sets it
    monkeypatch.setattr(worlds, "_SIZES", {"1m": (6, 8), "10m": (7, 8)})
    monkeypatch.setattr(large, "large_meta_dataset", small_meta_dataset)
    monkeypatch.setattr(tables, "_N_ROWS", 200)
    monkeypatch.setattr(importance, "_N_RUNS", 30)
    monkeypatch.setattr(opening, "_N_AGAIN", 1)
    monkeypatch.setattr(quality, "_N_HELD_OUT", 3)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("questions", "figures"),
    [
        ({name: ask for name, ask in large._QUESTIONS.items() if "1 M" not in name},
         {"fit", "answer"}),
        ({name: ask for name, ask in stores._questions("1m").items() if "Parquet" not in name},
         {"first", "again"}),
        (opening._QUESTIONS, {"first", "again"}),
        ({"read": lambda folder: tables._read(3, "csv", folder)}, {"seconds", "size"}),
        ({"pairs": lambda folder: importance._all_tasks("k_nearest_neighbors", 1, 2, folder)},
         {"read", "answer"}),
        (quality.questions(20, 30),
         {"regret1", "regret3", "regret5", "inside", "width", "factor"}),
    ],
    ids=["large", "stores", "opening", "tables", "importance", "quality"],
)  # fmt: skip
def test_every_question_has_its_figures(
    tmp_path: Path,
    questions: dict[str, Callable[[Path], dict[str, float]]],
    figures: set[str],
) -> None:
    found = [ask(tmp_path) for ask in questions.values()]
    assert set().union(*found) == figures
    assert all(np.isfinite([*one.values()]).all() for one in found)


def test_a_question_is_answered_in_this_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["alone", "--here", "--only", "b", "--folder", str(tmp_path)]
    monkeypatch.setattr("sys.argv", words)
    answer_alone("none", "about", {"a": lambda _: {}, "b": lambda _: {"n": 2.0}}, {"n": "number"})
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 2.0
    assert found["peak"] > 0.0


@pytest.mark.slow
def test_engines_are_compared_by_what_is_stored(tmp_path: Path) -> None:
    engines._write_tables(tmp_path)
    for extra in (1, 2, 3):
        (tmp_path / f"table{extra}.csv").unlink()
    options = replace(engines._OPTIONS, n_configurations=1, algorithms=("decision_tree",))
    first, again = (engines._collected(tmp_path, options) for _ in range(2))
    assert first == again
    assert first[2:] == ["1 ok", "0"]


def test_the_difference_of_two_evaluations_is_that_of_their_numbers() -> None:
    one = {"results": [{"name": "a", "regret": 0.5}]}
    assert protocol._difference(one, {"results": [{"name": "a", "regret": 0.25}]}) == 0.25
    assert protocol._difference(one, {"results": [{"name": "b", "regret": 0.5}]}) == float("inf")


@pytest.mark.slow
@pytest.mark.parametrize("what", ["recommend", "advice"])
def test_cold_start_runs(
    what: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["cold_start", "--repeats", "1", "--only", what])
    cold_start.main()
    assert f"| {what} | second |" in capsys.readouterr().out


@pytest.mark.slow
def test_the_protocol_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shared_data: Path
) -> None:
    asked = ["--recommenders", "average-rank", "-k", "1", "--split", "2-fold"]
    monkeypatch.setattr(protocol, "_QUESTIONS", {"recommenders": ("tst-svm", asked)})
    data = str(shared_data / "metadatasets")
    monkeypatch.setattr("sys.argv", ["protocol", "--data", data])
    protocol.main()
    assert "| recommenders |" in capsys.readouterr().out
