"""`metalearn warm-start TABLE --target COL --space A`: a head start for tools in any language."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from metalearn.cli.options import add_exclude, add_ignore, add_kind, add_table

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add_table(parser)
    add("--space", metavar="A,...", required=True, help="algorithm to search, for instance svc; "
        "several, or `all`, are one joint space")  # fmt: skip
    add("-k", type=int, default=10, metavar="K", help="number of configurations (default 10)")
    add("--metric", metavar="M", help="default: balanced_accuracy, r2 for regression")
    add_kind(parser)
    add_ignore(parser)
    add_exclude(parser)
    add("--format", choices=("json", "optuna", "configspace"), default="json",
        help="json: everything; optuna: distributions and parameters of trials; configspace: "
        "the space with the prior on its axes")  # fmt: skip
    add("--kb", metavar="KB", help="the store to learn from")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.bridges.documents import document
    from metalearn.workflows.tables.named import open_table
    from metalearn.workflows.warm_start.build import warm_start

    table = open_table(
        arguments.table, arguments.target, kind=arguments.kind, ignore=arguments.ignore
    )
    warm = warm_start(
        table, space=arguments.space, k=arguments.k, metric=arguments.metric,
        exclude=arguments.exclude, kb=arguments.kb,
    )  # fmt: skip
    found: dict[str, Any] = document(warm, arguments.format)
    print(json.dumps(found, ensure_ascii=False, allow_nan=False))
    for note in warm.notes:
        print(f"note: {note}", file=sys.stderr)
    return 0
