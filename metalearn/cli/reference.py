"""The reference page of the command line, written from the parsers of the commands.

`python -m metalearn.cli.reference > docs/reference/cli.md` writes the page again; a test compares
the page in the repository with the parsers.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from metalearn.cli.commands import CATALOGUE, HELP

__all__ = ["cli_reference"]

_INTRODUCTION = """\
# Command line

Commands print tables for people, or with `--json` one JSON document on stdout. Notes and progress
go to stderr.

| Exit code | Means |
| --- | --- |
| 0 | done |
| 1 | failed: the message names what was expected, what came, and the next step |
| 2 | wrong usage |
| 3 | partial (harvest): run the same command again |
| 130 | interrupted by Ctrl-C; what was found is kept |

KB is a DuckDB file or a Parquet folder; the default is `$METALEARN_KB`, else your own store if
there is one, else the bundled meta-dataset. `COL,...` stands for names separated by commas; the
option may also be repeated.

Every command has `--help`, and `--debug`, which adds the traceback to an error. `metalearn
--version` prints the version.
"""


def cli_reference() -> str:
    """Return the Markdown page: a section for each command of this package with its arguments."""
    sections = [_INTRODUCTION.rstrip()]
    for name, text in HELP.items():
        parser = argparse.ArgumentParser(prog=f"metalearn {name}", add_help=False)
        CATALOGUE.get(name).add_arguments(parser)
        sections.append(f"## `{_usage(parser)}`\n\n{_sentence(text)}")
        sections += _tables(parser)
    return "\n\n".join(sections) + "\n"


def _tables(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Yield the table of a parser's own arguments, then a section for each of its actions."""
    rows = [_row(action) for action in parser._actions if _is_argument(action)]
    if rows:
        yield "\n".join(["| Argument | Means |", "| --- | --- |", *rows])
    for menu in parser._actions:
        if isinstance(menu, argparse._SubParsersAction):
            texts = {choice.dest: choice.help or "" for choice in menu._choices_actions}
            for name, action in menu.choices.items():
                yield f"### `{_usage(action)}`\n\n{_sentence(texts.get(name, ''))}"
                yield from _tables(action)


def _usage(parser: argparse.ArgumentParser) -> str:
    """Return the command with its positional arguments and its required options."""
    words = [parser.prog]
    for action in filter(_is_argument, parser._actions):
        if not action.option_strings:
            words.append(_value(action))
        elif action.required:
            words.append(_spelling(action))
    return " ".join(words)


def _row(action: argparse.Action) -> str:
    means = (action.help or "") % {**vars(action), "prog": "metalearn"}
    if action.choices is not None:
        choices = ", ".join(f"`{choice}`" for choice in action.choices)
        means = f"{choices}; {means}" if means else choices
    if action.required and action.option_strings:
        means = f"{means} (required)"
    return f"| `{_spelling(action)}` | {_escaped(means)} |"


def _spelling(action: argparse.Action) -> str:
    value = _value(action)
    if not action.option_strings:
        return value
    return ", ".join(action.option_strings) + (f" {value}" if value else "")


def _value(action: argparse.Action) -> str:
    """Return the placeholder of an argument's value; empty for a switch."""
    if action.nargs == 0:
        return ""
    name = action.metavar
    if name is None and action.choices is not None and len(list(action.choices)) == 1:
        (name,) = map(str, action.choices)
    elif name is None:
        name = action.dest.upper()
    text = " ".join(name) if isinstance(name, tuple) else name
    return f"[{text}]" if action.nargs in ("?", "*") else text


def _is_argument(action: argparse.Action) -> bool:
    """Return whether an action is an argument of its own that `--help` lists."""
    no_argument = isinstance(action, argparse._SubParsersAction | argparse._HelpAction)
    return not no_argument and action.help is not argparse.SUPPRESS


def _sentence(text: str) -> str:
    cell = _escaped(text)
    return f"{cell[:1].upper()}{cell[1:]}."


def _escaped(text: str) -> str:
    """Return text for a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    print(cli_reference(), end="")
