"""Options that several commands share, in one spelling: names by commas, or the option repeated.

No option takes a list of words, which would swallow the table that follows.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Any

__all__ = [
    "Names", "add_exclude", "add_ignore", "add_kind", "add_store", "add_table", "whole_numbers",
]  # fmt: skip


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


def add_table(parser: argparse.ArgumentParser) -> None:
    """Declare the table and `--target`."""
    add = parser.add_argument
    add("table", metavar="TABLE", help="CSV, Parquet or ARFF file (also .gz), or openml:ID")
    add("--target", metavar="COL", help="target column (openml:ID knows its own)")


def add_kind(parser: argparse.ArgumentParser) -> None:
    """Declare `--kind`, the kind of task."""
    parser.add_argument(
        "--kind",
        choices=("classification", "regression"),
        help="default: inferred from the target",
    )


def add_store(parser: argparse.ArgumentParser) -> None:
    """Declare `--kb`, a store that is read."""
    parser.add_argument(
        "--kb", metavar="KB", help="store (default: $METALEARN_KB, yours, or the bundled one)"
    )


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
