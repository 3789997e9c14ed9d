"""Lists are spelled alike in all commands: commas or repetition; none swallows the table."""

from __future__ import annotations

import argparse

import pytest

from metalearn.cli import main
from metalearn.cli.commands import CATALOGUE
from metalearn.cli.options import Names, whole_numbers


def actions_of(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    found = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found += [a for sub in action.choices.values() for a in actions_of(sub)]
        else:
            found.append(action)
    return found


@pytest.mark.parametrize("name", CATALOGUE.names())
def test_no_option_takes_several_words(name: str) -> None:
    parser = argparse.ArgumentParser()
    CATALOGUE.get(name).add_arguments(parser)
    greedy = [a.option_strings for a in actions_of(parser)
              if a.option_strings and a.nargs not in (None, 0, 1, "?")]  # fmt: skip
    assert greedy == []


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--algorithm", action=Names)
    parser.add_argument("--flow", action=Names, convert=whole_numbers)
    parser.add_argument("table", nargs="?")
    return parser.parse_args(words)


def test_commas_and_repetition_are_the_same() -> None:
    both = ["svc", "ridge", "mlp"]
    assert parsed("--algorithm", "svc,ridge, mlp").algorithm == both
    assert parsed("--algorithm", "svc", "--algorithm", "ridge,mlp").algorithm == both
    found = parsed("--algorithm", "svc", "table.csv")
    assert (found.algorithm, found.table) == (["svc"], "table.csv")
    assert parsed().algorithm == []  # and no value is kept from the parse before
    assert parsed("--flow", "1,2", "--flow", "3").flow == [1, 2, 3]


@pytest.mark.parametrize("words", [("--algorithm", ","), ("--flow", "1,x")])
def test_no_value_or_a_wrong_one(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as stopped:
        parsed(*words)
    assert stopped.value.code == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["recomend", "t.csv"], "unknown command 'recomend'; did you mean 'recommend'?"),
        (["warmstart"], "did you mean 'warm-start'?"),
        (["recommend", "t.csv", "--tagret", "y"], "did you mean '--target'?"),
        (["recommend", "t.csv", "--target", "y", "--algorithm", "svc", "ridge"],
         "separate several by commas"),
    ],
)  # fmt: skip
def test_nearly_right_words(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
