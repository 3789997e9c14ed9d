"""`metalearn systems`: the presets of `fit`, and what each is made of."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from metalearn.cli.terminal import new_console

if TYPE_CHECKING:
    from rich.console import Console

    from metalearn.workflows.systems import PresetRow

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.workflows.systems import system_rows

    rows = system_rows()
    if arguments.json:
        print(json.dumps({"systems": [row.to_dict() for row in rows]}, indent=1))
        return 0
    console = new_console(markup=True, highlight=False)
    for row in rows:
        _print(console, row)
    return 0


def _print(console: Console, row: PresetRow) -> None:
    from rich.padding import Padding

    follows = f"  after {row.system}" if row.system else ""
    console.print(f"[bold]{row.preset}[/bold]{follows}")
    if row.needs:
        lines = {"not available": f"needs {row.needs}", "would be": row.differs}
    else:
        lines = {
            "architecture": row.architecture,
            "operators": row.operators,
            "search": row.search,
            "improvements": row.improvements,
            "meta-learning": row.meta_learning,
            "keeps": row.keeps,
            "differs": row.differs or "nothing",
        }
    for label, text in lines.items():
        console.print(Padding(f"[dim]{label}:[/dim] {text}", (0, 0, 0, 4), expand=False))
