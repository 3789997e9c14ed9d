"""What does each group of meta-features add to recommendations, per second spent?

    python experiments/metafeatures/groups.py --tables INDEX_CSV --out DIR
    python experiments/metafeatures/groups.py --tables INDEX_CSV --smoke

Meta-features of the known tables are extracted anew (processor seconds are recorded), then a
recommender (the default one) is evaluated on held-out tasks with each group alone, with all but
that group, with all, and with none. Tasks are held out in several splits; differences are paired
by task, their intervals are bootstrapped over tasks.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import Kind
from metalearn.learners.tables import load_table
from metalearn.metafeatures import DEFAULT_GROUPS, extract, feature_names
from metalearn.numerics.statistics.bootstrap import bootstrap_means
from metalearn.store import open_store
from metalearn.workflows.evaluate.recommenders import evaluate

METRICS = {"classification": "balanced_accuracy", "regression": "r2"}
KS = (1, 3, 5, 10)


@dataclass(frozen=True)
class Study:
    """What is compared.

    Attributes:
        meta: The known tasks.
        features: Values of all groups, tasks x names.
        seconds: Mean processor seconds a table of each group.
        groups: Names of the groups.
        recommender: Name of the method.
        n_seeds: Number of splits.
    """

    meta: MetaDataset
    features: pd.DataFrame
    seconds: pd.Series
    groups: tuple[str, ...]
    recommender: str
    n_seeds: int

    def compared(self, kind: Kind) -> pd.DataFrame:
        """Return regrets and what they gain on a base: a row for each choice of groups.

        The base of a group alone, and of all, is none; that of all but one group is all. A gain
        is the base's regret minus the choice's, averaged over `KS`: above 0, the choice is better.
        """
        groups = self.groups
        choices: dict[str, tuple[tuple[str, ...], str]] = {"none": ((), "none")}
        choices["all"] = (groups, "none")
        choices |= {f"only {g}": ((g,), "none") for g in groups}
        choices |= {f"without {g}": (tuple(o for o in groups if o != g), "all") for g in groups}
        regrets: dict[str, np.ndarray] = {}
        rows = []
        for label, (chosen, base) in choices.items():
            regrets[label] = self.regret(kind, chosen)
            gain = (regrets[base] - regrets[label]).mean(axis=1)
            low, high = bootstrap_means(gain[:, None], np.random.default_rng(0))
            seconds = float(self.seconds[list(chosen)].sum())
            row = {"kind": kind, "groups": label, "cpu_s": seconds}
            row |= dict(zip(map("regret_at_{}".format, KS), regrets[label].mean(0), strict=True))
            row |= {"gain": gain.mean(), "gain_low": low[0], "gain_high": high[0]}
            row["gain_per_s"] = gain.mean() / seconds if base == "none" and seconds else np.nan
            rows.append(row)
            print(label, f"{gain.mean():.4f} [{low[0]:.4f}, {high[0]:.4f}]", flush=True)
        return pd.DataFrame(rows)

    def regret(self, kind: Kind, chosen: tuple[str, ...]) -> np.ndarray:
        """Return normalized regrets, tasks x `KS`, averaged over the splits."""
        names = feature_names(kind, chosen) if chosen else ()
        values = self.features[list(names)].to_numpy(dtype=np.float64)
        known = replace(self.meta, meta_features=values, meta_feature_names=names)
        found = []
        for seed in range(self.n_seeds):
            result = evaluate(known, [self.recommender], KS, "10-fold", seed)
            position = result.recommenders.index(self.recommender)
            found.append(np.stack([result.regret(k)[:, position] for k in KS], axis=1))
        return np.mean(found, axis=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=Path, required=True, help="index CSV of the known tables")
    parser.add_argument("--kb", type=Path, help="store (default: as for recommend)")
    parser.add_argument("--out", type=Path, default=Path("metafeature-groups"))
    parser.add_argument("--seeds", type=int, default=5, help="splits (default: %(default)s)")
    parser.add_argument("--recommender", default="default", help="default: %(default)s")
    parser.add_argument("--smoke", action="store_true", help="30 tables, two groups, one split")
    arguments = parser.parse_args()
    groups = DEFAULT_GROUPS[:2] if arguments.smoke else DEFAULT_GROUPS
    seeds = 1 if arguments.smoke else arguments.seeds
    kinds = ("classification",) if arguments.smoke else tuple(METRICS)
    arguments.out.mkdir(parents=True, exist_ok=True)
    found = []
    for kind in kinds:
        with open_store(arguments.kb) as store:
            meta = store.meta_dataset(METRICS[kind], kind=kind).with_outliers_clipped()
        if arguments.smoke:
            meta = meta.take(tasks=range(min(30, meta.n_tasks)))
        features, seconds = described(meta, arguments.tables, kind, groups)
        study = Study(meta, features, seconds, groups, arguments.recommender, seeds)
        found.append(study.compared(kind))
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


if __name__ == "__main__":
    main()
