"""The page of a comparison of systems: complete, safe whatever a table is called, for few too."""

from __future__ import annotations

import math

import pytest

from metalearn.pages.rendering import render
from metalearn.pages.systems import systems_page
from metalearn.workflows.evaluate.systems.one_fit import FOREST
from metalearn.workflows.evaluate.systems.result import SystemEvaluation
from tests.pages.safety import assert_safe

LOSSES = {"default": 0.1, "tpot": 0.2, "h2o": math.inf, FOREST: 0.3}
HOSTILE = '"><img src=x onerror=alert(1)>'


def evaluation(*tables: str) -> SystemEvaluation:
    fits = [
        {"table": table, "split": 0, "system": system, "loss": loss, "fit_s": 3.0, "cpu_s": 2.0,
         "n_trials": 2 if system != FOREST else math.nan,
         "curve": [[1.0, 2 * loss], [2.0, loss]] if loss < 0.3 else [],
         "error": "" if math.isfinite(loss) else f"no memory for {table}"}
        for table in tables for system, loss in LOSSES.items()
    ]  # fmt: skip
    return SystemEvaluation.of(fits, list(LOSSES), 5.0, 1, 0)


def test_it_shows_ranks_seconds_wins_and_failures():
    text = render(systems_page(evaluation("iris", "wine", "car")))
    assert_safe(text)
    for words in (
        "AutoML systems compared on 3 tables", "Average ranks of the systems", "Against default",
        f"Against {FOREST}", "Loss over seconds", "1.00 [1.00, 1.00]", "h2o on iris: no memory",
    ):  # fmt: skip
        assert words in text
    assert text.count("<svg") == 2


def test_one_table_has_no_diagram_of_ranks():
    text = render(systems_page(evaluation("iris")))
    assert "compared on 1 table<" in text
    assert "Average ranks" not in text


@pytest.mark.parametrize("name", [HOSTILE, "</style></title><svg/onload=alert(1)>"])
def test_the_name_of_a_table_is_text(name):
    text = render(systems_page(evaluation(name, "iris")))
    assert_safe(text)
    assert "<img" not in text
    assert "<svg/onload" not in text
