"""Which power of the regret should a list without answers reduce, after its first entry?

    python experiments/recommenders/lists.py [--data ../shared/data/metadatasets] [--sets S,...]
        [--kb KB] [--out DIR] [--docs] [--smoke]

Families of tasks are left out in ten folds. Each gets the list that the default makes before any
answer; the regret of its best k entries is averaged, whatever the power that made the list. On
the bundled data, the best of five is also chosen as a user would, by the other folds of a task,
and compared on the remaining fold with untuned gradient boosting.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import metalearn
from metalearn.core.arrays import Floats, Ints
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import metric_named
from metalearn.core.task import TargetTask
from metalearn.learners import get
from metalearn.numerics.imputation import imputed_regret
from metalearn.recommenders.forest_mixture import ForestMixture
from metalearn.workflows.evaluate.folds import task_folds
from metalearn.workflows.recommend.ask import DEFAULT_METRIC, RecommendRequest
from metalearn.workflows.recommend.known import known_for

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.interval_coverage.held_out import fold_losses
from experiments.pages import page_parser, write_parts
from experiments.recommenders.sets import load

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "recommenders.md"
PUBLISHED = ("oboe", "tst-svm", "aslib", "pimp-rf")
POWERS, KS = (1.0, 0.7, 0.5, 0.33), (3, 5, 10, 20)
_PEER = "gradient_boosting"
_TIED = 1e-3  # of balanced accuracy or R2


def lists_of(meta: MetaDataset, n_folds: int | None) -> Iterator[tuple[int, float, Ints]]:
    """Yield task, power and the list (all configurations in order) of tasks left out."""
    for train, test in task_folds(meta.groups, "10-fold", 0)[:n_folds]:
        rest = meta.take(train).with_failures_imputed().with_outliers_clipped()
        ranker = ForestMixture().fit(rest, np.random.default_rng(0))
        for i in test:
            target = TargetTask(meta.meta_features[i])
            for power in POWERS:
                scores = replace(ranker, power=power).score(target)
                yield int(i), power, np.argsort(scores, kind="stable")


def rows_of(meta: MetaDataset, by_fold: Floats | None, n_folds: int | None) -> pd.DataFrame:
    """Return regret by task, power and k, and whether the best of five won (NaN: unknown)."""
    shown = meta.with_failures_imputed().with_outliers_clipped()
    regret, rows = imputed_regret(shown.losses), []
    for i, power, order in lists_of(meta, n_folds):
        row: dict[str, Any] = {"task": meta.tasks[i].name, "power": power}
        row |= {f"k = {k}": regret[i, order[:k]].min() for k in KS}
        rows.append(row | (_won(meta, by_fold[:, i], order[:5]) if by_fold is not None else {}))
    return pd.DataFrame(rows)


def _won(meta: MetaDataset, losses: Floats, five: Ints) -> dict[str, float]:
    """Return 1 if the best of five is ahead of untuned boosting, 0.5 for a tie, else 0.

    `won` is that of a choice by the other folds, `won, known` that of the best on all folds.

    Args:
        meta: Names the configurations.
        losses: `(n_folds, n_configurations)` of the task; NaN = none, or failed.
        five: `(5,)` indices.
    """
    keys = [c.key for c in meta.configurations]
    peer = losses[:, keys.index(get(_PEER).space(meta.tasks[0].kind).default().key)]
    folds = np.flatnonzero(np.isfinite(peer))
    some = np.where(np.isfinite(losses), losses, np.inf)[np.ix_(folds, five)]
    inner = [np.delete(some, fold, axis=0).mean(axis=0).argmin() for fold in range(len(folds))]
    chosen = {"won": some[np.arange(len(folds)), inner], "won, known": some[:, _best(some)]}
    return {name: _as_win(float(np.mean(peer[folds] - ours))) for name, ours in chosen.items()}


def _best(losses: Floats) -> int:
    return int(losses.mean(axis=0).argmin())


def _as_win(gain: float) -> float:
    return 0.5 if abs(gain) <= _TIED else float(gain > 0)


def sources(
    data: Path | None, kb: str | None, names: list[str]
) -> Iterator[tuple[str, MetaDataset, Floats | None]]:
    """Yield published sets, then both halves of the bundled data with the losses of folds."""
    for name in [name for name in names if name in PUBLISHED and data]:
        yield name, load(name, data), None  # type: ignore[arg-type]
    with metalearn.open(kb) as store:
        for kind, metric in DEFAULT_METRIC.items():
            if f"bundled-{kind}" in names:
                known = known_for(store, kind, metric_named(metric), RecommendRequest())
                yield f"bundled-{kind}", known.meta, fold_losses(store, known)


def text(frame: pd.DataFrame) -> str:
    """Return the table of the docs: regret at the power 1, differences of the others to it."""
    lines = [
        f"| set | power | {' | '.join(f'k = {k}' for k in KS)} | best of five won "
        "| if the best were known |",
        "| --- " * (4 + len(KS)) + "|",
    ]
    for (name, power), some in frame.groupby(["set", "power"], sort=False):
        plain = frame[(frame["set"] == name) & (frame["power"] == 1.0)]
        cells = []
        for column in (f"k = {k}" for k in KS):
            gap = some[column].to_numpy() - plain[column].to_numpy()
            error = gap.std(ddof=1) / np.sqrt(len(gap))
            same = f"{plain[column].mean():.4f}"
            cells.append(same if power == 1.0 else f"{gap.mean():+.4f} ± {error:.4f}")
        wins = [some[won].mean() if won in some else np.nan for won in ("won", "won, known")]
        cells += ["" if np.isnan(share) else f"{share:.0%}" for share in wins]
        lines.append(f"| {name} | {power:g} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Compare, print and write."""
    parser = page_parser(__doc__, __file__, smoke="one fold of the regression tasks")
    parser.add_argument("--data", type=Path, help="folder of published meta-datasets")
    bundled = [f"bundled-{kind}" for kind in DEFAULT_METRIC]
    parser.add_argument("--sets", default=",".join([*PUBLISHED, *bundled]))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    names = bundled[1:] if arguments.smoke else arguments.sets.split(",")
    frame = pd.DataFrame()
    for name, meta, by_fold in sources(arguments.data, arguments.kb, names):
        found = rows_of(meta, by_fold, 1 if arguments.smoke else None).assign(set=name)
        frame = pd.concat([frame, found], ignore_index=True)
        frame.to_csv(arguments.out / "lists.csv", index=False, float_format="%.5g")
        print(text(found), flush=True)
    if arguments.docs:
        write_parts(PAGE, {"lists": text(frame)})


if __name__ == "__main__":
    main()
