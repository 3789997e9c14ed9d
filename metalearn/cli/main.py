"""The entry point: finds the command, runs it, and turns errors into messages and exit codes.

A command module offers `add_arguments(parser)` and `run(arguments) -> int`. Only the module of the
requested command is imported, which keeps the cold start short.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from metalearn import __version__
from metalearn.cli.commands import CATALOGUE, HELP
from metalearn.cli.completion import ASKED, asked_command, print_completions
from metalearn.cli.outputs import check_outputs
from metalearn.cli.terminal import escaped_output
from metalearn.errors import MetalearnError, UnknownNameError, UsageError, did_you_mean

__all__ = ["main"]

FAILED, USAGE, INTERRUPTED = 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 usage, 3 partial."""
    if ASKED in os.environ:
        print_completions(_parser(asked_command()))
    words = list(sys.argv[1:] if argv is None else argv)
    named = next((word for word in words if not word.startswith("-")), "")
    parser = _parser(named)
    known = CATALOGUE.names()
    if named and named not in known and not {"-h", "--help", "--version"} & set(words):
        near = did_you_mean(named, known) or f"; known: {', '.join(known)}"
        parser.error(f"unknown command {named!r}{near}")
    arguments = parser.parse_args(words)
    if arguments.command is None:
        parser.print_help()
        return USAGE
    with escaped_output():
        return _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    try:
        check_outputs(arguments)
        return int(arguments.run(arguments))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        print("metalearn: interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:  # the one place where every error becomes a message
        if arguments.debug:
            traceback.print_exc()
        print(f"metalearn {arguments.command}: {_message(error)}", file=sys.stderr)
        return USAGE if isinstance(error, (UsageError, UnknownNameError)) else FAILED


def _message(error: Exception) -> str:
    if isinstance(error, MetalearnError):
        return str(error)
    kind = type(error).__name__
    return f"{kind}: {error}\nThis is unexpected; run again with --debug for the traceback."


class _Parser(argparse.ArgumentParser):
    """A parser whose error for an unknown option names the nearest known ones."""

    def error(self, message: str) -> NoReturn:
        """Print usage and message, and exit with 2."""
        unknown = message.partition("unrecognized arguments: ")[2].split()
        options = [word.partition("=")[0] for word in unknown if word.startswith("--")]
        known = {option for parser in _all_of(self) for option in parser._option_string_actions}
        hints = [did_you_mean(option, sorted(known)) for option in options]
        if unknown and not options:
            hints = ["; an option takes one value: separate several by commas, or repeat it"]
        super().error(message + "".join(hints))


def _all_of(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """Return a parser and those of its commands."""
    found = [parser]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found += [other for sub in action.choices.values() for other in _all_of(sub)]
    return found


def _parser(command: str) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="metalearn",
        description="The memory of machine learning: which configurations to try on your data.",
    )
    parser.add_argument("--version", action="version", version=f"metalearn {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name in CATALOGUE.names():
        text = HELP.get(name, "a command of another package")
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument("--debug", action="store_true", help="show the traceback of an error")
        if name == command:
            loaded = CATALOGUE.get(name)
            loaded.add_arguments(sub)
            sub.set_defaults(run=loaded.run)
    return parser
