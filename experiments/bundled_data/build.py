"""Build the bundled meta-dataset: collect on an index of tables, export whole configurations."""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import pandas as pd

from metalearn.core.dummy import DUMMY
from metalearn.core.records import COLUMNS, Batch, Source
from metalearn.learners.evaluation import Procedure
from metalearn.metafeatures import EXTRACTOR
from metalearn.store import Store, bundled_store, merge, open_store, writing
from metalearn.store.exporting import export_parquet
from metalearn.workflows.collect import CollectOptions, collect
from metalearn.workflows.recommend.machine_speed import REFERENCE_S, workload_s
from metalearn.workflows.tables.index import TableEntry, table_entries

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.bundled_data.at_size import collect_at_size, export_at_size

# Tables that share rows; recommenders must never see one while they are tested on the other.
FAMILIES = {
    "hypothyroid": "thyroid", "sick": "thyroid",
    "heart-c": "heart-cleveland", "heart-statlog": "heart-cleveland",
    "cars": "auto-mpg", "autompg": "auto-mpg",
}  # fmt: skip
REGRESSION_SHARE = 0.75  # of the configurations of a classification task


def main() -> None:
    """Parse, collect, export."""
    arguments = parsed()
    entries = [
        replace(e, family=FAMILIES.get(e.name, "")) for e in table_entries(arguments.tables)
    ]
    if arguments.smoke:
        entries = entries[:3]
    if arguments.rows:
        more_rows(arguments, entries)
        return
    if arguments.start and not arguments.kb.exists():
        print(f"begun with {arguments.start}:", merge(arguments.start, arguments.kb))
    whole_configurations(arguments, entries)
    if arguments.export:
        export(arguments.kb, arguments.export, len(entries))


def parsed() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path, help="index CSV")
    parser.add_argument("--kb", type=Path, required=True, help="store to collect into")
    parser.add_argument("--configurations", type=int, default=64, help="per classification task")
    parser.add_argument("--algorithms", default="", help="their sequences, not the common list")
    parser.add_argument("--prefixes", default="", help="lengths to collect in turn; 0: none")
    parser.add_argument("--start", type=Path, help="Parquet folder that a new store begins with")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--export", type=Path, help="write the Parquet folder here")
    parser.add_argument("--rows", type=int, help="the larger tables with so many rows, and stop")
    parser.add_argument("--share", type=float, default=0.1, help="of the configurations, then; "
                        "0: none")  # fmt: skip
    parser.add_argument("--smoke", action="store_true", help="three tables, few configurations")
    return parser.parse_args()


def more_rows(arguments: argparse.Namespace, entries: list[TableEntry]) -> None:
    """Collect a share of the configurations on more rows of the larger tables, and export."""
    if arguments.share:
        known = arguments.start or bundled_store()
        for kind, report in collect_at_size(
            entries, arguments.kb, known, n_rows=arguments.rows, share=arguments.share,
            jobs=arguments.jobs, progress=progress,
        ).items():  # fmt: skip
            print(kind, report, flush=True)
    if arguments.export:
        print(export_at_size(arguments.kb, arguments.export))


def whole_configurations(arguments: argparse.Namespace, entries: list[TableEntry]) -> None:
    """Collect prefix after prefix of the common list, or of each named algorithm's sequence."""
    names = tuple(filter(None, arguments.algorithms.split(",")))
    lengths = [int(n) for n in arguments.prefixes.split(",") if n] or [arguments.configurations]
    for n in filter(None, lengths):
        run = partial(collect_some, kb=arguments.kb, jobs=arguments.jobs, algorithms=names)
        if names:
            print(n, run(entries, n=n), flush=True)
            continue
        for kind, share in (("classification", 1.0), ("regression", REGRESSION_SHARE)):
            chosen = [entry for entry in entries if entry.kind == kind]
            if chosen:
                print(kind, run(chosen, n=max(1, round(n * share))), flush=True)


def progress(done: int, total: int) -> None:
    """Print every hundredth number of finished evaluations."""
    if done % 100 == 0:
        print(f"{done} of {total}", file=sys.stderr, flush=True)


def collect_some(
    entries: list[TableEntry], *, kb: Path, n: int, jobs: int, algorithms: tuple[str, ...]
) -> object:
    """Collect the first `n` configurations of the common list, or of each named algorithm."""
    options = CollectOptions(
        n_configurations=n, jobs=jobs, procedure=Procedure(), algorithms=algorithms
    )
    return collect(entries, kb, options, progress)


def export(kb: Path, folder: Path, n_tables: int) -> None:
    """Write what is complete, whole configurations of whole kinds, as a Parquet folder."""
    with open_store(kb) as store, tempfile.TemporaryDirectory() as scratch:
        complete = store.sql("""
            WITH kinds AS (SELECT kind, count(*) AS n FROM task GROUP BY kind),
            done AS (
                SELECT DISTINCT t.kind, e.configuration, e.task
                FROM evaluation e JOIN task t USING (task) WHERE e.source = 'collect')
            SELECT d.kind, d.configuration, c.algorithm
            FROM done d JOIN kinds USING (kind) JOIN configuration c USING (configuration)
            GROUP BY d.kind, d.configuration, c.algorithm, kinds.n HAVING count(*) = kinds.n
        """)
        learned = complete[complete["algorithm"] != DUMMY]
        counts = learned.groupby("kind").size().to_dict()
        whole = Path(scratch) / "whole.duckdb"
        _copy_complete(store, complete, whole)
        limit = CollectOptions().time_limit_s
        built = (
            "experiments/bundled_data/build.py: metalearn collect on "
            f"{n_tables} public tables (names in the task table); complete configurations per "
            f"task: {counts}; procedure {Procedure().to_json()}; {limit:g} s per evaluation"
        )
        print(export_parquet(whole, folder, built=built), counts)
    here = workload_s()
    if not 0.8 < here / REFERENCE_S < 1.25:
        print(f"this machine takes {here:.4f} s for the workload of machine_speed.REFERENCE_S = "
              f"{REFERENCE_S}: change it if the seconds were measured here")  # fmt: skip


def _copy_complete(store: Store, complete: pd.DataFrame, target: Path) -> None:
    """Copy tasks, meta-features and the evaluations of complete configurations."""
    frames = {
        "tasks": "SELECT {columns} FROM task ORDER BY task",
        "algorithms": "SELECT {columns} FROM algorithm ORDER BY algorithm",
        "metrics": "SELECT {columns} FROM metric ORDER BY metric",
        "meta_features": f"SELECT {{columns}} FROM meta_feature WHERE extractor = '{EXTRACTOR}' "
        "ORDER BY task, name",
        "configurations": "SELECT {columns} FROM configuration ORDER BY configuration_id",
    }
    loaded = {
        table: store.sql(query.format(columns=", ".join(COLUMNS[table])))
        for table, query in frames.items()
    }
    keys = set(complete["configuration"])
    configurations = loaded["configurations"]
    loaded["configurations"] = configurations[configurations["configuration"].isin(keys)]
    wanted = complete.merge(loaded["tasks"][["task", "kind"]], on="kind")[
        ["task", "configuration"]
    ]
    columns = ", ".join(COLUMNS["evaluations"])
    evaluations = store.sql(f"SELECT {columns} FROM evaluation WHERE NOT vanished")
    loaded["evaluations"] = evaluations.merge(wanted, on=["task", "configuration"])
    times = store.sql("SELECT max(time) AS time FROM source")
    with writing(target) as writer:
        writer.load(Batch(Source("collect", time=str(times["time"][0])), **loaded))


if __name__ == "__main__":
    main()
