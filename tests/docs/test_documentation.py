"""The documentation is complete, and what it shows runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from metalearn import learners, optimizers, recommenders, surrogates
from metalearn.cli.commands import CATALOGUE as COMMANDS

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md",
    "docs/index.md",
    "docs/guides/recommend.md",
    "docs/guides/warm_start.md",
    "docs/guides/optimize.md",
    "docs/reference/optimizers.md",
    "docs/reference/surrogates.md",
    "docs/decisions/011-recommenders-are-kept-as-recipes.md",
)
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("command", COMMANDS.names())
def test_every_command_is_documented(command: str) -> None:
    assert f"`metalearn {command}" in (ROOT / "docs" / "reference" / "cli.md").read_text()


@pytest.mark.parametrize("name", recommenders.names())
def test_every_recommender_is_documented(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "reference" / "recommenders.md").read_text()


@pytest.mark.parametrize("name", optimizers.names())
def test_every_optimizer_is_documented(name: str) -> None:
    assert f"| `{name}` |" in (ROOT / "docs" / "reference" / "optimizers.md").read_text()


@pytest.mark.parametrize("name", surrogates.names())
def test_every_surrogate_is_documented(name: str) -> None:
    assert f"| `{name}` |" in (ROOT / "docs" / "reference" / "surrogates.md").read_text()


@pytest.mark.parametrize("name", learners.names())
def test_every_learner_is_documented(name: str) -> None:
    assert f"`{name}`" in (ROOT / "docs" / "reference" / "bundled_data.md").read_text()


@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_a_page_runs(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("METALEARN_KB", str(ROOT / "data"))
    blocks = BLOCK.findall((ROOT / page).read_text())
    assert blocks
    scope: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, page, "exec"), scope)


def test_nothing_points_to_a_missing_page() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+\.(?:md|png|svg))[#)]", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} -> {link}"


def test_every_page_is_in_the_menu() -> None:
    menu = (ROOT / "mkdocs.yml").read_text()
    for page in (ROOT / "docs").rglob("*.md"):
        assert str(page.relative_to(ROOT / "docs")) in menu
