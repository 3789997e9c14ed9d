"""`metalearn report --kb KB --out DIR`: the memory as a static site."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from metalearn.cli.options import Names, add_store
from metalearn.cli.progress import progress_bar
from metalearn.errors import InputError

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add_store(parser)
    add("--out", type=Path, metavar="DIR", required=True,
        help="new or empty folder, or one with an earlier report, of which only pages that "
        "changed are written")  # fmt: skip
    add("--metric", metavar="M", help="default: balanced_accuracy, and r2")
    add("--surrogates", action="store_true",
        help="also functional ANOVA and tunability of each algorithm (minutes)")  # fmt: skip
    add("--recommenders", metavar="R,...", action=Names,
        help="also compare recommenders on held-out tasks (minutes)")  # fmt: skip
    add("--systems", type=Path, metavar="FILE",
        help="also show a comparison of systems: the output of `evaluate --systems ... "
        "--json`")  # fmt: skip
    add("--seed", type=int, default=0, help="default: %(default)s")
    add("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Run the command."""
    from metalearn.pages.report.build import SiteOptions, write_site
    from metalearn.store import open_store

    options = SiteOptions(
        arguments.metric, arguments.surrogates, tuple(arguments.recommenders),
        _document(arguments.systems), arguments.seed,
    )  # fmt: skip
    with open_store(arguments.kb) as store, progress_bar("pages") as progress:
        site = write_site(store, arguments.out, options, progress)
    if arguments.json:
        document = {
            "folder": str(site.folder),
            "snapshot": site.snapshot,
            "written": list(site.written),
            "kept": list(site.kept),
        }
        print(json.dumps(document, indent=1))
        return 0
    print(f"{len(site.written)} pages written, {len(site.kept)} unchanged; "
          f"open {site.folder / 'index.html'}")  # fmt: skip
    return 0


def _document(path: Path | None) -> str:
    """Return the text of a file; "" for none.

    Raises:
        InputError: If it cannot be read.
    """
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"--systems: {str(path)!r} cannot be read ({error}); write it with: metalearn "
            "evaluate --systems default,auto-weka --tables TABLES --json > FILE"
        ) from error
