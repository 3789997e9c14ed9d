"""Completion of commands, options, names of plug-ins and columns in a shell (extra `completion`).

The shell asks by the environment, see `argcomplete`. Names of plug-ins are those of the
catalogues, so that a plug-in of another package is completed too.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from metalearn.catalogue import catalogue_of
from metalearn.errors import MissingPackageError

__all__ = ["ASKED", "add_completers", "asked_command", "print_completions"]

ASKED = "_ARGCOMPLETE"
"""Variable of the environment that the shell sets when it asks for completions."""

_PLUG_INS = {  # argument: kind of plug-in
    "algorithm": "learner",
    "engine": "engine",
    "format": "format",
    "groups": "metafeature_group",
    "optimizer": "optimizer",
    "optimizers": "optimizer",
    "preset": "preset",
    "recommender": "recommender",
    "recommenders": "recommender",
    "space": "learner",
    "systems": "preset",
}
_COLUMNS = ("target", "ignore")
_METRICS = ("metric", "objectives")
_TEXT_TABLES = (".csv", ".tsv", ".txt")

Completer = Callable[..., Iterable[str]]


def print_completions(parser: argparse.ArgumentParser) -> None:
    """Print the completions that the shell requested, and end the process.

    Args:
        parser: Of the command line, with the arguments of `asked_command()`.

    Raises:
        MissingPackageError: If argcomplete is not installed.
    """
    try:
        import argcomplete
    except ImportError as error:
        raise MissingPackageError("argcomplete", "completion", "completing words") from error
    add_completers(parser)
    argcomplete.autocomplete(parser)


def asked_command() -> str:
    """Return the command in the line that is being typed; "" before there is one."""
    line = os.environ.get("COMP_LINE", "")
    words = line[: int(os.environ.get("COMP_POINT", len(line)))].split()[1:]
    return next((word for word in words if not word.startswith("-")), "")


def add_completers(parser: argparse.ArgumentParser) -> None:
    """Tell argcomplete which names an argument takes, in a parser and those of its commands."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for sub in action.choices.values():
                add_completers(sub)
        elif completer := _completer(action):
            action.completer = completer  # type: ignore[attr-defined]  # argcomplete's protocol


def _completer(action: argparse.Action) -> Completer | None:
    if action.dest in _PLUG_INS:
        return _listed(action, lambda _: catalogue_of(_PLUG_INS[action.dest]).names())
    if action.dest in _METRICS:
        return _listed(action, lambda _: _metrics())
    if action.dest in _COLUMNS:
        return _listed(action, _columns)
    return None


def _listed(
    action: argparse.Action, names: Callable[[argparse.Namespace], Iterable[str]]
) -> Completer:
    """Return a completer; where names are separated by commas, it completes the last one."""
    several = "," in str(action.metavar)

    def completer(prefix: str, parsed_args: argparse.Namespace, **_: Any) -> list[str]:
        before = prefix[: prefix.rfind(",") + 1] if several else ""
        return [f"{before}{name}" for name in names(parsed_args)]

    return completer


def _metrics() -> Iterable[str]:
    from metalearn.core.metric import METRICS

    return METRICS


def _columns(arguments: argparse.Namespace) -> Iterable[str]:
    """Return the columns of the table that was typed before, if it is a readable text file."""
    path = Path(str(getattr(arguments, "table", None) or ""))
    if path.suffix.lower() not in _TEXT_TABLES:
        return ()
    try:
        with path.open(encoding="utf-8", newline="") as file:
            first = file.readline(1 << 16)
    except (OSError, UnicodeDecodeError):
        return ()
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    return next(csv.reader([first], delimiter=delimiter), [])
