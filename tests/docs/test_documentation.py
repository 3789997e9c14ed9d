"""The documentation is complete, and what it shows runs."""

from __future__ import annotations

import re
import shlex
from argparse import ArgumentParser
from functools import cache
from pathlib import Path

import pytest

from metalearn import learners, optimizers, recommenders, surrogates
from metalearn.cli.commands import CATALOGUE as COMMANDS
from metalearn.cli.main import _parser

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^|[ /=])metalearn ([a-z].*)")
TEXTS = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
}
# The pages of bridges have a test of their own, which knows what each needs.
BLOCKS = {page: BLOCK.findall(text) for page, text in TEXTS.items() if "/bridges/" not in page}
# AutoML spends its whole budget, so blocks with it run in the slow suite; so do pages that explain
# many tasks or train networks.
COSTLY = (
    "docs/guides/coming_from.md",
    "docs/guides/importance.md",
    "docs/guides/learning_to_learn.md",
    "docs/guides/tutorial.md",
)
NEEDED = {"docs/guides/lake.md": "polars"}  # packages that the extras of users do not bring
QUICK = {page: [b for b in blocks if "AutoML" not in b] for page, blocks in BLOCKS.items()}
PAGES = [page for page, blocks in QUICK.items() if blocks]
AUTOML_PAGES = [page for page, blocks in BLOCKS.items() if len(blocks) > len(QUICK[page])]


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


@pytest.mark.parametrize(
    "page",
    [pytest.param(p, marks=[pytest.mark.slow] if p in COSTLY else []) for p in PAGES],
)
def test_the_code_of_a_page_runs(
    page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _run(page, QUICK[page], monkeypatch, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("page", AUTOML_PAGES)
def test_the_code_of_a_page_with_automl_runs(
    page: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocks = [re.sub(r"time_budget=\d+", "time_budget=60", block) for block in BLOCKS[page]]
    _run(page, blocks, monkeypatch, tmp_path)


def _run(page: str, blocks: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if page in NEEDED:
        pytest.importorskip(NEEDED[page], reason="a package of its recipes is not installed")
    for folder in ("examples", "data"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("METALEARN_KB", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    scope: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, page, "exec"), scope)


def _shown() -> list[tuple[str, str]]:
    """Return the commands that pages show, each with its page, without the output below them."""
    found = []
    for page, text in TEXTS.items():
        for label, block in FENCE.findall(text):
            if label not in ("", "console", "ini"):
                continue
            lines = block.replace("\\\n", " ").splitlines()
            commands = [match[1] for line in lines if (match := COMMAND.search(line))]
            found += [(page, command.partition(" >")[0]) for command in commands]
    return found


@cache
def _parser_of(command: str) -> ArgumentParser:
    return _parser(command)


@pytest.mark.parametrize(("page", "command"), _shown())
def test_a_command_that_a_page_shows_is_understood(page: str, command: str) -> None:
    words = shlex.split(re.sub(r"[\[\]]", "", command))
    if words[0] == "import" and words[1] == "FORMAT":
        words[1] = "oboe"
    parsed = _parser_of(words[0]).parse_args(words)
    assert parsed.command == words[0]


def test_nothing_points_to_a_missing_page() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        for link in re.findall(r"\]\(([^)#:]+\.(?:md|png|svg))[#)]", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name} -> {link}"


def test_every_page_is_in_the_menu() -> None:
    menu = (ROOT / "mkdocs.yml").read_text()
    for page in (ROOT / "docs").rglob("*.md"):
        assert str(page.relative_to(ROOT / "docs")) in menu
