"""`metalearn kb info|sql|verify|export|merge|backup`: the store."""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path

from metalearn.cli.terminal import new_console

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    known = {
        "info": ("what the store holds", ()),
        "sql": ("ask one SQL question", (("query", "for instance 'FROM evaluation LIMIT 5'"),)),
        "verify": ("read every row and check it; exit 1 if anything is wrong", ()),
        "export": (
            "write a folder of Parquet files that any engine reads",
            (("folder", "where to"),),
        ),
        "merge": (
            "add another store to this one, without doubles",
            (("other", "the store or lake to add"),),
        ),
        "backup": ("copy the store as it is now", (("file", "where to; must not exist"),)),
    }
    for name, (text, positional) in known.items():
        action = actions.add_parser(name, help=text, description=text)
        for argument, about in positional:
            action.add_argument(argument, help=about)
        action.add_argument("--kb", type=Path, required=name == "merge",
                            help="DuckDB file or Parquet folder (default: $METALEARN_KB, "
                            "your own store, or the bundled one)")  # fmt: skip
        action.add_argument("--json", action="store_true", help="print one JSON document")
        action.add_argument("--debug", action="store_true", default=argparse.SUPPRESS,
                            help=argparse.SUPPRESS)  # fmt: skip
        if name == "verify":
            action.add_argument("--repair", action="store_true",
                                help="heal harvested rows: from their raw pages, and by fetching "
                                "only the injured pages again")  # fmt: skip
            action.add_argument("--server", help="where pages are fetched again")
        if name == "export":
            action.add_argument("--format", choices=("parquet",), default="parquet")
            action.add_argument("--built", default="", help="a word on how it was made")


def run(arguments: argparse.Namespace) -> int:
    """Run the action."""
    actions = {"info": _info, "sql": _sql, "verify": _verify, "merge": _merge}
    return actions.get(arguments.action, _copy)(arguments)


def _info(arguments: argparse.Namespace) -> int:
    from metalearn.store import open_store

    with open_store(arguments.kb) as store:
        info = store.info()
    if arguments.json:
        print(json.dumps(asdict(info)))
        return 0
    print(
        f"{info.path} ({info.form}, {info.size_bytes / 1e6:.1f} MB, schema {info.schema_version})"
    )
    print(f"snapshot {info.snapshot or 'none yet'}\n")
    _table(("table", "rows"), [*info.rows.items(), ("evaluations not ok", info.n_failed)])
    for what, counts in (("metric", info.metrics), ("source", info.sources)):
        print()
        _table((what, "evaluations"), list(counts.items()))
    return 0


def _sql(arguments: argparse.Namespace) -> int:
    from metalearn.store import open_store

    with open_store(arguments.kb) as store:
        names, rows = store.sql_rows(arguments.query)
    if arguments.json:
        records = [dict(zip(names, map(_plain, row), strict=True)) for row in rows]
        print(json.dumps(records, default=str))
    else:
        _table(names, rows)
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from metalearn.store import open_store

    with open_store(arguments.kb) as store:
        path, problems = store.path, store.verify()
        is_harvested = store.form == "database" and "openml" in store.info().sources
    if is_harvested:
        from metalearn.workflows.harvest.repair import harvest_problems, repair_harvest

        if arguments.repair:
            repair_harvest(path, server=arguments.server)
            with open_store(path) as store:
                problems = store.verify()
        known = {(p.table, p.detail) for p in problems}
        problems += [p for p in harvest_problems(path) if (p.table, p.detail) not in known]
    if arguments.json:
        print(json.dumps({"path": str(path), "problems": [asdict(p) for p in problems]}))
    elif problems:
        _table(("table", "problem", "rows", "where"),
               [(p.table, p.kind, p.n, _shortened(p.detail)) for p in problems])  # fmt: skip
        if is_harvested and not arguments.repair:
            print(f"put harvested rows and pages right with: metalearn kb verify --kb {path} "
                  "--repair", file=sys.stderr)  # fmt: skip
    else:
        print(f"{path}: every row, reference and digest is as it must be")
    return 1 if problems else 0


def _merge(arguments: argparse.Namespace) -> int:
    from metalearn.store import merge

    report = merge(arguments.other, arguments.kb)
    if arguments.json:
        print(json.dumps(asdict(report)))
        return 0
    tables = dict.fromkeys((*report.new, *report.changed, *report.unchanged))
    _table(("table", "new", "changed", "unchanged"),
           [(t, *(c.get(t, 0) for c in (report.new, report.changed, report.unchanged)))
            for t in tables])  # fmt: skip
    for reason, n in report.rejected.items():
        print(f"rejected: {n} x {reason}", file=sys.stderr)
    return 0


def _copy(arguments: argparse.Namespace) -> int:
    from metalearn.store import backup, default_store, export_parquet

    kb = arguments.kb or default_store()
    if arguments.action == "backup":
        made = backup(kb, arguments.file)
    else:
        made = export_parquet(kb, arguments.folder, built=arguments.built)
    print(json.dumps({"path": str(made)}) if arguments.json else f"written: {made}")
    return 0


def _shortened(text: str, most: int = 100) -> str:
    """Return a text without its middle if it is long: addresses of pages name hundreds of ids."""
    return text if len(text) <= most else f"{text[: most - 25]} ... {text[-20:]}"


def _plain(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has no NaN
    return value.hex() if isinstance(value, bytes) else value


def _table(names: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    numeric = [all(isinstance(row[j], (int, float)) for row in rows) for j in range(len(names))]
    for name, is_number in zip(names, numeric, strict=True):
        table.add_column(name, justify="right" if is_number and rows else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    width = None if sys.stdout.isatty() else 200
    new_console(width=width, highlight=False).print(table)
