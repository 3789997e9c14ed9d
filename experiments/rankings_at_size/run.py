"""Are the configurations that are best on 2,000 rows the best on up to 10,000 rows as well?

    python experiments/rankings_at_size/run.py [--kb KB] [--out DIR] [--docs] [--smoke]

Bundled runs at size are compared with the bundled scores of the same tables and configurations.
A correction per learner (its mean change of normalized loss over the other tables, shrunk towards
zero) is judged by the regret of the choice that it makes on tables left out with their families.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import rankdata, spearmanr

import metalearn
from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.task import Kind
from metalearn.store import bundled_at_size
from metalearn.workflows.recommend.ask import DEFAULT_METRIC
from metalearn.workflows.recommend.at_size import table_key

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "recommend.md"
PENALTIES = (0.0, 5.0, 20.0)  # in tables
_FEWEST = 5  # configurations of a table that are compared


@dataclass(frozen=True)
class Pair:
    """The same configurations on fewer and on more rows of a table.

    Attributes:
        name: Of the table.
        group: Families share a number.
        learners: Of the configurations, `(n,)`.
        few: Normalized losses on at most 2,000 rows, `(n,)`: 0 is the best, 1 the worst of them.
        many: The same on up to 10,000 rows.
    """

    name: str
    group: int
    learners: tuple[str, ...]
    few: Floats
    many: Floats


def pairs_of(known: MetaDataset, at_size: MetaDataset) -> Iterator[Pair]:
    """Yield the tables with both kinds of runs."""
    row = {table_key(task): i for i, task in enumerate(known.tasks)}
    column = {c.key: j for j, c in enumerate(known.configurations)}
    both = [j for j, c in enumerate(at_size.configurations) if c.key in column]
    ours = [column[at_size.configurations[j].key] for j in both]
    learners = np.array([at_size.configurations[j].algorithm for j in both])
    for k, task in enumerate(at_size.tasks):
        i = row[table_key(task)]
        few, many = known.losses[i, ours], at_size.losses[k, both]
        seen = np.isfinite(few) & np.isfinite(many)
        if seen.sum() >= _FEWEST:
            yield Pair(task.name, int(known.groups[i]), tuple(learners[seen]),
                       _normalized(few[seen]), _normalized(many[seen]))  # fmt: skip


def regrets(pairs: list[Pair]) -> pd.DataFrame:
    """Return by table the agreement of both orders, and regrets on more rows of choices."""
    rows = []
    for pair in pairs:
        others = [other for other in pairs if other.group != pair.group]
        corrected = {
            f"penalty {penalty:g}": pair.many[np.argmin(pair.few + _shifts(pair, others, penalty))]
            for penalty in PENALTIES
        }
        rows.append({"table": pair.name, "configurations": len(pair.few),
                     "correlation": spearmanr(pair.few, pair.many).statistic,
                     "chosen": pair.many[np.argmin(pair.few)], "random": pair.many.mean()}
                    | corrected)  # fmt: skip
    return pd.DataFrame(rows)


def changes(pairs: list[Pair]) -> pd.DataFrame:
    """Return by learner the mean change of its relative rank: below 0, it gains with rows."""
    rows = []
    for pair in pairs:
        moved = _ranks(pair.many) - _ranks(pair.few)
        rows += [{"learner": a, "change": d} for a, d in zip(pair.learners, moved, strict=True)]
    grouped = pd.DataFrame(rows).groupby("learner")["change"]
    return pd.DataFrame({"tables": grouped.size(), "change": grouped.mean(), "se": grouped.sem()})


def text(kinds: dict[Kind, list[Pair]]) -> str:
    """Return the tables of the docs."""
    corrected = " | ".join(f"corrected, penalty {penalty:g}" for penalty in PENALTIES)
    lines = [
        "| kind | tables | rank correlation, median | regret of the best on 2,000 rows | "
        f"of a random one | {corrected} |",
        "| --- " * (5 + len(PENALTIES)) + "|",
    ]
    for kind, pairs in kinds.items():
        found = regrets(pairs)
        means = [f"{found[f'penalty {p:g}'].mean():.3f}" for p in PENALTIES]
        lines.append(
            f"| {kind} | {len(found)} | {found['correlation'].median():.2f} | "
            f"{found['chosen'].mean():.3f} | {found['random'].mean():.3f} | {' | '.join(means)} |"
        )
    lines += ["", "| learner | runs | change of relative rank, with its standard error |",
              "| --- | --- | --- |"]  # fmt: skip
    for row in changes([pair for pairs in kinds.values() for pair in pairs]).itertuples():
        lines.append(f"| {row.Index} | {row.tables} | {row.change:+.2f} ± {row.se:.2f} |")
    return "\n".join(lines)


def _shifts(pair: Pair, others: list[Pair], penalty: float) -> Floats:
    """Return the expected change of normalized loss of each configuration, from other tables."""
    known: dict[str, list[float]] = {}
    for other in others:
        for learner, change in zip(other.learners, other.many - other.few, strict=True):
            known.setdefault(learner, []).append(change)
    return np.array(
        [sum(known.get(a, ())) / max(len(known.get(a, ())) + penalty, 1.0) for a in pair.learners]
    )


def _normalized(losses: Floats) -> Floats:
    return np.asarray((losses - losses.min()) / (np.ptp(losses) or 1.0))


def _ranks(losses: Floats) -> Floats:
    """Return ranks from 0, the best, to 1."""
    return np.asarray((rankdata(losses) - 1.0) / (len(losses) - 1.0))


def main() -> None:
    """Compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kb", default=None, help="the bundled scores")
    parser.add_argument("--at-size", default=bundled_at_size(), help="runs on more rows")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--docs", action="store_true", help="write the tables into the page")
    parser.add_argument("--smoke", action="store_true", help="accepted; it is quick")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    kinds: dict[Kind, list[Pair]] = {}
    with metalearn.open(arguments.kb) as store, metalearn.open(arguments.at_size) as larger:
        for kind, metric in DEFAULT_METRIC.items():
            both = (s.meta_dataset(metric, kind=kind) for s in (store, larger))
            kinds[kind] = list(pairs_of(*both))
    frame = pd.concat([regrets(pairs).assign(kind=kind) for kind, pairs in kinds.items()])
    frame.to_csv(arguments.out / "regrets.csv", index=False, float_format="%.4g")
    if arguments.docs:
        write_parts(PAGE, {"rankings": text(kinds)})
    print(text(kinds))


if __name__ == "__main__":
    main()
