"""Options that several commands share, in one spelling: names by commas, or the option repeated.

No option takes a list of words, which would swallow the table that follows.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["Names", "add_exclude", "add_ignore", "whole_numbers"]


class Names(argparse.Action):
    """Values separated by commas; repeating the option adds to them.

    Args:
        convert: From one value's text to the value; ValueError becomes a usage error.
    """

    def __init__(
        self,
        option_strings: Sequence[str],
        dest: str,
        convert: Callable[[str], Any] = str,
        default: Any = None,
        **known: Any,  # argparse passes its own keywords on
    ) -> None:
        super().__init__(option_strings, dest, default=list(default or ()), **known)
        self.convert = convert

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Add the values to those of the same option before."""
        parts = [part.strip() for part in str(values).split(",") if part.strip()]
        if not parts:
            parser.error(f"{option_string} needs at least one value, got {values!r}")
        try:
            found = [self.convert(part) for part in parts]
        except ValueError as error:
            parser.error(f"{option_string}: {error}")
        setattr(namespace, self.dest, [*(getattr(namespace, self.dest) or ()), *found])


def whole_numbers(text: str) -> int:
    """Return a whole number; the converter of ids.

    Raises:
        ValueError: If it is none.
    """
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"expected whole numbers separated by commas, got {text!r}") from None


def add_ignore(parser: argparse.ArgumentParser) -> None:
    """Declare `--ignore`; a name with a comma in it is one column if the table has such a one."""
    parser.add_argument(
        "--ignore", metavar="COL,...", action="append", default=[], help="leave out columns"
    )


def add_exclude(parser: argparse.ArgumentParser) -> None:
    """Declare `--exclude`."""
    parser.add_argument(
        "--exclude", metavar="TASK,...", action=Names,
        help="leave out known tasks, for instance the table's own",
    )  # fmt: skip
