"""The reference page of the command line is complete and up to date."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from metalearn.cli.commands import CATALOGUE, HELP
from metalearn.cli.reference import cli_reference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md"


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if action.help is not argparse.SUPPRESS:
            yield from action.option_strings
        if isinstance(action, argparse._SubParsersAction):
            for choice in action.choices.values():
                yield from _options(choice)


@pytest.mark.parametrize("command", HELP)
def test_every_option_is_on_the_page(command: str) -> None:
    parser = argparse.ArgumentParser(add_help=False)
    CATALOGUE.get(command).add_arguments(parser)
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(
        rf"^## `metalearn {command}[ `].*?(?=^## |\Z)", text, re.DOTALL | re.MULTILINE
    )
    assert found
    section = found[0]
    for option in set(_options(parser)) - {"-h", "--help"}:
        assert f"{option} " in section or f"{option}`" in section or f"{option}," in section


def test_the_page_is_what_the_parsers_say() -> None:
    remedy = "write it again: python -m metalearn.cli.reference > docs/reference/cli.md"
    assert PAGE.read_text(encoding="utf-8") == cli_reference(), remedy
