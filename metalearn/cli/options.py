"""Options that several commands share, in one spelling: names by commas, or the option repeated.

No option takes a list of words, which would swallow the table that follows.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from metalearn.engines import EngineOptions

__all__ = [
    "Names", "add_engine", "add_exclude", "add_ignore", "add_kind", "add_store", "add_table",
    "engine_options", "whole_numbers",
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


def add_table(parser: argparse.ArgumentParser, *further: str) -> None:
    """Declare the table and `--target`.

    Args:
        parser: Of the command.
        further: What may take the place of a table, in words.
    """
    add = parser.add_argument
    *first, last = "CSV, Parquet or ARFF file (also .gz)", "openml:ID", *further
    add("table", metavar="TABLE", help=f"{', '.join(first)}, or {last}")
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


def add_engine(parser: argparse.ArgumentParser, jobs: str) -> None:
    """Declare `--jobs`, `--engine` and `--address`.

    Args:
        parser: Of the command.
        jobs: What `--jobs` counts, and its default, in words.
    """
    add = parser.add_argument
    add("--jobs", type=int, metavar="N", help=jobs)
    add("--engine", default="local", metavar="E",
        help="where to compute: local, dask or ray (default: %(default)s)")  # fmt: skip
    add("--address", metavar="A",
        help="a running cluster of that engine (default: new workers here)")  # fmt: skip


def engine_options(arguments: argparse.Namespace, here: int | None = None) -> EngineOptions:
    """Return the engine that the arguments name.

    Args:
        arguments: Those of `add_engine`.
        here: Jobs of the engine `local` without `--jobs`; None takes all cores.
    """
    from metalearn.engines import EngineOptions

    jobs = arguments.jobs
    if jobs is None and arguments.engine == "local":
        jobs = here
    return EngineOptions(arguments.engine, arguments.address, jobs)
