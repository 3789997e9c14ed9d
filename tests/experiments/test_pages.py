"""Experiments write their parts of pages between markers, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from experiments.pages import replaced, write_parts

ROOT = Path(__file__).resolve().parents[2]
PAGE = "before\n<!-- a -->\nold\n<!-- end a -->\nbetween\n<!-- b -->\n<!-- end b -->\nafter\n"


def test_the_part_is_replaced_and_nothing_else(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    for _ in range(2):  # again changes nothing
        write_parts(page, {"b": "| new |\n", "a": "line\n\nline"})
        assert page.read_text() == (
            "before\n<!-- a -->\nline\n\nline\n<!-- end a -->\nbetween\n"
            "<!-- b -->\n| new |\n<!-- end b -->\nafter\n"
        )
    write_parts(page, {"c": "unknown"}, only_known=True)
    assert "unknown" not in page.read_text()


@pytest.mark.parametrize("text", ["", "<!-- a -->", "<!-- end a --><!-- a -->", PAGE + PAGE])
def test_a_page_without_the_markers_is_refused(text):
    with pytest.raises(ValueError, match="expected one <!-- a -->"):
        replaced(text, "a", "new")


@pytest.mark.parametrize(
    ("page", "names"),
    [("evidence/optimizers", ["cold regret", "peers"]),
     ("evidence/surrogates", ["tst-svm", "speed"]),
     ("evidence/learned", ["thinned-svc", "pimp-rf", "tst-svm", "yahpo", "paired", "coverage",
                           "speed", "recurrent", "recurrent paired", "letters", "digits",
                           "sines", "quadratics", "logistic regression", "network of 20 units",
                           "embeddings", "metabu", "policy"]),
     ("evidence/systems", ["ranks", "losses"]),
     ("evidence/importance", ["bundled data"]),
     ("evidence/recommenders", ["oboe", "tst-svm", "aslib", "pimp-rf", "bundled-classification",
                       "bundled-regression", "scale-small", "scale-large"])],
)  # fmt: skip
def test_pages_have_the_markers_that_scripts_write_to(page, names):
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    for name in names:
        assert "\nnew\n" in replaced(text, name, "new")


@pytest.mark.slow
@pytest.mark.parametrize("script", ["transfer/speed.py", "optimizers/run.py"])
def test_scripts_find_what_they_share_from_anywhere(script, tmp_path):
    command = [sys.executable, str(ROOT / "experiments" / script), "--help"]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
