"""`metalearn tunability SPACE`: what tuning gains over good defaults, and which defaults."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from metalearn.cli.analysis import add_common, analysed_runs, print_json, print_notes
from metalearn.cli.tunability_text import print_symbolic, print_tunability, tunability_document
from metalearn.errors import NotEnoughMetaDataError
from metalearn.pages.notes import remarks_by_kind, task_notes_by_kind

if TYPE_CHECKING:
    from metalearn.importance import SymbolicTable, TunabilityTable

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_common(parser)
    add = parser.add_argument
    add("--order", type=int, choices=(1, 2), default=2, help="2 = pairs too (default)")
    add("--defaults", type=int, default=8, metavar="N",
        help="length of the default set (default: %(default)s)")  # fmt: skip
    add("--margin", type=float, default=0.01, metavar="S",
        help="loss of score that does not matter (default: %(default)s)")  # fmt: skip
    add("--symbolic", action="store_true",
        help="also look for formulas of the size of a task that beat constants")  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.importance import (
        TunabilitySettings,
        symbolic_defaults,
        task_symbols,
        tunability,
    )
    from metalearn.store import open_store

    with open_store(arguments.kb) as store:
        runs = analysed_runs(arguments, store)
        symbols = task_symbols(store) if arguments.symbolic else None
        snapshot = store.snapshot
    settings = TunabilitySettings(order=arguments.order, n_defaults=arguments.defaults)
    table = tunability(runs, settings=settings, seed=arguments.seed)
    symbolic = None
    if symbols is not None and table.default is not None:
        symbolic = symbolic_defaults(runs, symbols=symbols, seed=arguments.seed)
    paths = []
    if arguments.out:
        from metalearn.plots.tunability_report import draw_tunability

        paths = draw_tunability(table, arguments.out, symbolic=symbolic)
    if arguments.html:
        from metalearn.pages.rendering import write_page
        from metalearn.pages.tunability import tunability_page

        page = tunability_page(table, snapshot, arguments.margin, symbolic)
        write_page(page, arguments.html)
        paths.append(arguments.html)
    if arguments.json:
        print_json(tunability_document(table, symbolic, snapshot, arguments.margin))
        return 0
    _print(table, symbolic, arguments.margin, paths)
    if table.default is None:
        raise NotEnoughMetaDataError(table.remarks[-1])
    return 0


def _print(
    table: TunabilityTable, symbolic: SymbolicTable | None, margin: float, paths: Sequence[Path]
) -> None:
    print_tunability(table, margin)
    if symbolic is not None:
        print_symbolic(symbolic)
    said = dict.fromkeys([*table.remarks, *(symbolic.remarks if symbolic else ())])
    print_notes([*remarks_by_kind(said), *task_notes_by_kind(table.notes)], paths)
