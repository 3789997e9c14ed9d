"""Pages of results: complete, safe whatever the names are, and small."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.metric import METRICS
from metalearn.core.task import Task
from metalearn.metafeatures import MetaFeatures
from metalearn.pages.describe import describe_page
from metalearn.pages.leaderboard import leaderboard_page
from metalearn.pages.optimize import optimize_page
from metalearn.pages.parts import (
    Cell,
    Code,
    Column,
    Data,
    Facts,
    Failure,
    Figure,
    Heading,
    HtmlPage,
    Line,
    Notes,
    PageTable,
    Row,
    Section,
    Text,
    number,
    slug,
)
from metalearn.pages.recommend import fragment, recommend_page
from metalearn.pages.rendering import Link, asset, navigation, render, writing_data
from metalearn.pages.similar import similar_page
from metalearn.workflows.describe import Description
from metalearn.workflows.optimize.result import Optimization, SearchTrial
from metalearn.workflows.recommend.result import (
    Evidence,
    Recommendation,
    Recommendations,
    Tried,
)
from metalearn.workflows.similar import Compared, Neighbour, SimilarTasks
from tests.pages.safety import assert_safe

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</style></title><svg/onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "]]><!--",
    "\u202egnp.exe",
)


def recommendations(name: str) -> Recommendations:
    metric = METRICS["balanced_accuracy"]
    task = Task(f"table:{name}", name, "classification", 100, 3, 2)
    configuration = Configuration(name, {name: name, "x": 0.1234567})
    items = tuple(
        Recommendation(rank, configuration, task, metric, score, score - 0.1, score + 0.1, 1.0,
                       (Evidence(name, 0.5, 0.7), Evidence(name, 0.5, 9.0, 0.3)))
        for rank, score in ((1, 0.9), (2, float("nan")))
    )  # fmt: skip
    return Recommendations(task, metric, name, name, items, (name,), 0.5,
                           (Tried(configuration, 0.6, name),))  # fmt: skip


def similar(name: str) -> SimilarTasks:
    known = tuple(Task(f"{i}{name}", name) for i in range(3))
    compared = (Compared(name, 1e-15, float("nan"), 0.1, 0.2),)
    places = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [0.5, 0.5]])
    near = (Neighbour(known[0], 1.0, 0.1, compared, compared),)
    return SimilarTasks(Task("new", name), near, known, np.ones(3), places, name, True)


def description(name: str) -> Description:
    task = Task(f"table:{name}", name, "classification", 100, 3, 2)
    values = {name: float("nan"), "nr_inst": 100.0}
    return Description(task, MetaFeatures(values, {name: name}, {}, name))


def search(name: str) -> Optimization:
    task = Task(f"table:{name}", name, "classification", 100, 3, 2)
    configuration = Configuration(name, {name: name})
    trials = tuple(
        SearchTrial(i, configuration, score, "ok" if score == score else "failed", name, 1.0,
                    0.1, float(i), "search", task)
        for i, score in enumerate((0.5, float("nan"), 0.7), start=1)
    )  # fmt: skip
    return Optimization(task, METRICS["accuracy"], name, name, 0, 0, name, (), trials, "trials",
                        1.0, 0.1, notes=(name,))  # fmt: skip


def leaderboard(name: str) -> dict[str, object]:
    row = {"rank": 1, "algorithm": name, "source": name, "score": 0.5, "seconds": 1.0,
           "weight": 1.0, "hyperparameters": {name: name}}  # fmt: skip
    task = {"name": name, "kind": name, "n_rows": 3, "n_features": 2, "n_classes": 2,
            "target": name}  # fmt: skip
    return {"task": task, "metric": name, "score": 0.5, "snapshot": name, "seconds": 1.0,
            "time_budget": 2.0, "interrupted": False, "created": name, "members": [row],
            "leaderboard": [row], "notes": [name]}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_markup(name):
    for page in (
        recommend_page(recommendations(name), similar(name)),
        leaderboard_page(leaderboard(name)),
        similar_page(similar(name), (name,)),
        describe_page(description(name), (name,)),
        optimize_page({name: search(name)}),
    ):
        text = render(page)
        assert_safe(text)
        for bad in ("<script>alert", "<img", "<svg/onload", ">49<"):
            assert bad not in text
    piece = fragment(recommendations(name))
    assert "<script" not in piece
    assert "<img" not in piece


def test_every_part_of_a_page(tmp_path):
    frame = pd.DataFrame({"a": [1.0]})
    table = PageTable(
        (Column(""), Column("name"), Column("n", "number")),
        tuple(Row(("x", Cell(lines=(Line("l", "n", "#a"),)), number(i, "d")), is_marked=i == 1,
                  key="k") for i in range(20)),
        caption="what", rest="the rest", data=Data("a.csv", frame),
    )  # fmt: skip
    blocks = (
        Text("words"), Heading("head"), Code("a < b", "label"), Failure("title", ("line",)),
        Facts((("name", "value"),)), Notes(("one", Cell("two", href="#x", note="note"))), table,
    )  # fmt: skip
    sections = tuple(Section(f"Part {i}", blocks if i == 0 else (), "say") for i in range(6))
    page = HtmlPage("title", "lead", sections, "foot", refresh_s=3)
    with navigation([Link("home", "#home")]):
        text = render(page)
    assert_safe(text)
    for word in ("words", "head", "a &lt; b", "line", "value", "note", "the rest", "a.csv",
                 "on this page", "Show rows with", "to the content", "home"):  # fmt: skip
        assert word in text
    assert "home" not in render(page)
    with writing_data(tmp_path, "data/"):
        assert 'href="data/a.csv"' in render(page)
    assert (tmp_path / "a.csv").read_text() == "a\n1\n"


def test_large_data_is_not_carried_by_a_page():
    data = Data("large.csv", pd.DataFrame({"a": np.arange(20_000)}))
    figure = Figure(asset("style.css"), "caption", data)
    assert "large.csv" not in render(HtmlPage("t", "", (Section("", (figure,)),)))


def test_texts_of_cells():
    assert number(None) == number(float("nan")) == Cell()
    assert number(0.12345, ".2f") == Cell("0.12", sort="0.12345")
    assert slug("A b/c!") == "a-b-c"
    assert slug("?") == "x"


def test_headings_of_blocks_follow_the_heading_of_their_section():
    blocks = (Heading("As JSON"), Notes(("a note",), title="Notes"))
    page = render(HtmlPage("A page", "", (Section("", blocks), Section("Part", blocks))))
    levels = re.findall(r"<h([1-6])", page)
    assert levels == ["1", "2", "2", "2", "3", "3"]
