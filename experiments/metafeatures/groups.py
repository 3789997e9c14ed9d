"""What does each group of meta-features add to recommendations, per second spent?

    python experiments/metafeatures/groups.py --tables INDEX_CSV --out DIR
    python experiments/metafeatures/groups.py --tables INDEX_CSV --smoke

Meta-features of the known tables are extracted anew (processor seconds are recorded), then the
zero-shot recommender that uses them most (`forest-portfolio`) is evaluated on held-out tasks with
each group alone, with all but that group, with all, and with none (`portfolio`).
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.core.meta_dataset import MetaDataset
from metalearn.learners.tables import load_table
from metalearn.metafeatures import DEFAULT_GROUPS, extract, feature_names
from metalearn.store import open_store
from metalearn.workflows.evaluate import evaluate

METRICS = {"classification": "balanced_accuracy", "regression": "r2"}
KS = (1, 3, 5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=Path, required=True, help="index CSV of the known tables")
    parser.add_argument("--kb", type=Path, help="store (default: as for recommend)")
    parser.add_argument("--out", type=Path, default=Path("metafeature-groups"))
    parser.add_argument("--seeds", type=int, default=3, help="splits (default: %(default)s)")
    parser.add_argument("--smoke", action="store_true", help="30 tables, two groups, one split")
    arguments = parser.parse_args()
    groups = DEFAULT_GROUPS[:2] if arguments.smoke else DEFAULT_GROUPS
    seeds = 1 if arguments.smoke else arguments.seeds
    kinds = ("classification",) if arguments.smoke else tuple(METRICS)
    arguments.out.mkdir(parents=True, exist_ok=True)
    found = []
    for kind in kinds:
        with open_store(arguments.kb) as store:
            meta = store.meta_dataset(METRICS[kind], kind=kind)
        if arguments.smoke:
            meta = meta.take(tasks=range(min(30, meta.n_tasks)))
        features, seconds = described(meta, arguments.tables, kind, groups)
        found.append(compared(meta, features, seconds, kind, groups, seeds))
        table = pd.concat(found, ignore_index=True)
        table.to_csv(arguments.out / "groups.csv", index=False, float_format="%.5g")
    print(table.round(4).to_string(index=False))


def described(
    meta: MetaDataset, index: Path, kind: str, groups: tuple[str, ...]
) -> tuple[pd.DataFrame, pd.Series]:
    """Return values (tasks x names) and mean processor seconds a table of each group."""
    rows = pd.read_csv(index, index_col="name")
    values, seconds = [], []
    for task in meta.tasks:
        row = rows.loc[task.name]
        ignored = str(row["ignore"]).split(";") if isinstance(row["ignore"], str) else []
        table = load_table(index.parent / row["file"], row["target"], kind=kind, ignore=ignored)
        known: dict[str, float] = {}
        spent = {}
        for group in groups:
            start = time.process_time()
            known |= extract(table.X, table.y, kind=kind, groups=[group]).values
            spent[group] = time.process_time() - start
        values.append(known)
        seconds.append(spent)
    return pd.DataFrame(values), pd.DataFrame(seconds).mean()


def compared(
    meta: MetaDataset, features: pd.DataFrame, seconds: pd.Series, kind: str,
    groups: tuple[str, ...], seeds: int,
) -> pd.DataFrame:  # fmt: skip
    """Return mean regrets at each k: a row for each choice of groups."""
    choices: dict[str, tuple[str, ...]] = {"none": (), "all": groups}
    choices |= {f"only {group}": (group,) for group in groups}
    choices |= {f"without {g}": tuple(o for o in groups if o != g) for g in groups}
    rows = []
    for label, chosen in choices.items():
        names = feature_names(kind, chosen) if chosen else ()
        known = replace(
            meta, meta_features=features[list(names)].to_numpy(), meta_feature_names=names
        )
        method = "forest-portfolio" if chosen else "portfolio"
        regrets = [regret(known, method, seed) for seed in range(seeds)]
        row = {"kind": kind, "groups": label, "n_meta_features": len(names),
               "cpu_s": float(seconds[list(chosen)].sum())}  # fmt: skip
        row |= {f"regret_at_{k}": value for k, value in zip(KS, np.mean(regrets, 0), strict=True)}
        rows.append(row)
        print(row, flush=True)
    return pd.DataFrame(rows)


def regret(meta: MetaDataset, method: str, seed: int) -> list[float]:
    """Return the mean normalized regret after each k evaluations."""
    result = evaluate(meta, [method], KS, "10-fold", seed)
    position = result.recommenders.index(method)
    return [float(result.regret(k)[:, position].mean()) for k in KS]


if __name__ == "__main__":
    main()
