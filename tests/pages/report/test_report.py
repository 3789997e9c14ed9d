"""The static site: safe whatever the names are, every link leads somewhere, only changes are
written."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from metalearn.cli import main
from metalearn.errors import UsageError
from metalearn.pages.report.build import SiteOptions, write_site
from metalearn.pages.report.places import page_of
from metalearn.pages.report.writing import SiteWriter
from metalearn.store import open_store, writing
from metalearn.workflows.evaluate.systems.result import SystemEvaluation
from tests.pages.report.hostile_store import hostile_batch, hostile_store
from tests.pages.safety import Reader, assert_safe
from tests.pages.test_systems import evaluation

PLAIN = r"tasks/[a-z0-9-]{1,40}-[0-9a-f]{8}\.html"
LINKS = r"(\.\./)?([a-z]+/)?[A-Za-z0-9_.-]+\.(html|csv)|#.*|data:,"


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_store(tmp_path_factory.mktemp("store") / "kb.duckdb")


@pytest.fixture(scope="module")
def site(kb: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    with open_store(kb) as store:
        write_site(store, folder, SiteOptions(recommenders=("average-rank",)))
    return folder


def pages(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


def test_no_name_of_the_store_becomes_markup_or_a_path(site):
    assert len(pages(site)) == 5 + 6 + 1
    for path in pages(site):
        text = path.read_text(encoding="utf-8")
        assert_safe(text, links=LINKS)
        for bad in ("<script>alert", "<img", ">49<"):
            assert bad not in text
    assert {p.parent.name for p in site.rglob("*.*")} <= {
        site.name, "data", "tasks", "algorithms"
    }  # fmt: skip


def test_every_link_leads_to_a_file(site):
    for path in pages(site):
        reader = Reader()
        reader.feed(path.read_text(encoding="utf-8"))
        for address in reader.addresses:
            if not address.startswith(("#", "data:")):
                assert (path.parent / address).is_file(), (path, address)


def test_pages_say_what_is_known(site):
    index = (site / "index.html").read_text()
    assert "balanced_accuracy" in index
    task = next((site / "tasks").iterdir()).read_text()
    for words in ("Best configurations", "Similar tasks", "What was tried"):
        assert words in task
    assert "Defaults to paste" in next((site / "algorithms").iterdir()).read_text()
    assert "average-rank" in (site / "recommenders.html").read_text()


@pytest.mark.parametrize("missing", ["all", "evaluations", "scores", "tasks but one"])
def test_a_store_with_little_in_it_has_a_site_that_says_what_to_do(missing, tmp_path):
    batch = hostile_batch()
    rows = batch.evaluations
    if missing == "evaluations":
        batch = replace(batch, evaluations=rows.iloc[:0])
    if missing == "scores":
        failed = rows.assign(value=None, status="failed", reason="too slow")
        batch = replace(batch, evaluations=failed)
    if missing == "tasks but one":
        batch = replace(batch, tasks=batch.tasks.iloc[:1],
                        evaluations=rows[rows["task"] == batch.tasks["task"].iloc[0]],
                        meta_features=batch.meta_features.iloc[:0])  # fmt: skip
    with writing(tmp_path / "kb.duckdb") as writer:
        if missing != "all":
            writer.load(batch)
    folder = tmp_path / "site"
    with open_store(tmp_path / "kb.duckdb") as store:
        write_site(store, folder)
    for path in pages(folder):
        assert_safe(path.read_text(encoding="utf-8"), links=LINKS)
    text = (folder / "index.html").read_text(encoding="utf-8")
    assert ("Fill the store" in text) == (missing in ("all", "evaluations"))


def test_only_what_changed_is_written(kb, tmp_path):
    own = tmp_path / "kb.duckdb"
    own.write_bytes(kb.read_bytes())
    folder = tmp_path / "site"
    with open_store(own) as store:
        first = write_site(store, folder)
        again = write_site(store, folder)
    assert (len(first.written), len(first.kept)) == (11, 0)
    assert (len(again.written), len(again.kept)) == (0, 11)
    task = next(p for p in first.written if p.startswith("tasks/"))
    (folder / task).unlink()
    with open_store(own) as store:
        assert write_site(store, folder).written == (task,)
    changed = hostile_batch()
    rows = changed.evaluations[changed.evaluations["task"] == "table:t0000"]
    one = replace(changed, evaluations=rows.assign(value=rows["value"] / 2))
    with writing(own) as writer:
        writer.load(one)
    with open_store(own) as store:
        written = set(write_site(store, folder).written)
    assert {"index.html", "tasks.html"} < written
    assert any(place.startswith("tasks/") for place in written)


def test_a_comparison_of_systems_is_a_page(kb, tmp_path, capsys):
    found = evaluation("iris", "<wine>")
    file = tmp_path / "systems.json"
    file.write_text(json.dumps(found.to_dict(), allow_nan=False))
    words = ["report", "--kb", str(kb), "--out", str(tmp_path / "site"), "--systems", str(file)]
    assert main(words) == 0
    text = (tmp_path / "site" / "systems.html").read_text(encoding="utf-8")
    assert_safe(text, links=LINKS)
    assert "AutoML systems compared on 2 tables" in text
    assert 'href="systems.html"' in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    again = SystemEvaluation.from_dict(json.loads(file.read_text()))
    assert again.to_dict() == found.to_dict()
    for wrong in ("{}", "[1]", "no JSON"):
        file.write_text(wrong)
        capsys.readouterr()
        assert main(words) == 1
        assert "evaluate --systems" in capsys.readouterr().err


def test_a_folder_of_something_else_is_left_alone(kb, tmp_path):
    (tmp_path / "letter.txt").write_text("dear")
    with open_store(kb) as store, pytest.raises(UsageError, match="no report"):
        write_site(store, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["letter.txt"]


def test_a_manifest_cannot_remove_what_lies_outside(tmp_path):
    other = tmp_path / "other.html"
    other.write_text("mine")
    site = tmp_path / "site"
    site.mkdir()
    names = {name: ["x", ["../other.html"]] for name in ("../other.html", str(other), "a.html")}
    (site / "manifest.json").write_text(json.dumps({"whole": "w", "pages": names}))
    writer = SiteWriter(site)
    assert not writer.open("w")
    writer.close()
    assert other.read_text() == "mine"


def test_addresses_are_plain():
    for name in ("../../etc/passwd", "<b>", "CON", "é" * 300, "", "a b"):
        assert re.fullmatch(PLAIN, page_of("tasks", name, "k"))
    assert page_of("tasks", "a", "1") != page_of("tasks", "a", "2")


def test_the_command(kb, tmp_path, capsys):
    words = ["report", "--kb", str(kb), "--out", str(tmp_path / "site")]
    assert main(words) == 0
    assert "11 pages written, 0 unchanged" in capsys.readouterr().out
    assert main([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["written"] == []
    assert len(document["kept"]) == 11
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "y").write_text("")
    assert main(["report", "--kb", str(kb), "--out", str(tmp_path / "x")]) == 2
    assert "no report" in capsys.readouterr().err
