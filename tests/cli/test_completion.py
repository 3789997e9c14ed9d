"""Completion as argcomplete's own completer answers the shell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

argcomplete = pytest.importorskip("argcomplete", reason="the extra completion is not installed")

from metalearn.cli.commands import CATALOGUE  # noqa: E402
from metalearn.cli.completion import add_completers  # noqa: E402
from metalearn.cli.main import _parser  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


def completed(typed: str) -> list[str]:
    """Return the completions of what is typed after `metalearn`."""
    parser = _parser(next((word for word in typed.split() if not word.startswith("-")), ""))
    add_completers(parser)
    finder = argcomplete.CompletionFinder(parser)
    before, found, state = typed[: typed.rfind(" ") + 1], [], 0
    while (word := finder.rl_complete(typed, state)) is not None:
        found.append(word.strip().removeprefix(before))
        state += 1
    return found


def test_commands():
    assert set(CATALOGUE.names()) <= set(completed(""))
    assert completed("warm") == ["warm-start"]


def test_options_of_the_command():
    assert completed("fit --time") == ["--time-budget"]
    assert "--optimizer" not in completed("recommend x.csv --")
    assert completed("kb inf") == ["info"]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("recommend --recommender average-r", "average-rank"),
        ("fit --preset obo", "oboe"),
        ("optimize --optimizer tp", "tpe"),
        ("importance sv", "svc"),
        ("fit --metric log_", "log_loss"),
        ("evaluate --recommenders random,average-r", "random,average-rank"),
        ("fit --algorithm svc,rid", "svc,ridge"),
        ("fit --engine das", "dask"),
    ],
)
def test_names_of_plug_ins_and_metrics(typed, name):
    assert name in completed(typed)


def test_columns_of_the_table(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("age,colour,outcome\n1,2,3\n")
    assert completed("recommend t.csv --target ou") == ["outcome"]
    assert "age,colour" in completed("recommend t.csv --ignore age,c")
    assert completed("recommend missing.csv --target ") == []


def test_the_program_answers_the_shell(tmp_path):
    line = "metalearn fit --time- and what follows"
    asked = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": "21", "COMP_TYPE": "9",
             "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "out"), "PYTHONPATH": str(ROOT),
             "_ARGCOMPLETE_IFS": "\n"}  # fmt: skip
    done = subprocess.run([sys.executable, "-m", "metalearn"], env={**os.environ, **asked},
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == ""
    assert (tmp_path / "out").read_text().split() == ["--time-budget"]


@pytest.mark.parametrize("file", ["metalearn/__main__.py", "metalearn/cli/__init__.py"])
def test_global_completion_finds_its_mark(file):
    assert "PYTHON_ARGCOMPLETE_OK" in (ROOT / file).read_text()[:1024]
