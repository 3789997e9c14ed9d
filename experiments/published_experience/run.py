"""Do published tasks say more about which known tasks are similar to a new one?

    python experiments/published_experience/run.py DATA [--split 10-fold] [--out DIR] [--resume]
        [--docs] [--smoke]

DATA is the folder of published meta-data sets. Every bundled classification task is held out with
its near-duplicates. The default recommender weights the other bundled tasks by forest proximity
of meta-features; the variants take half of the weights, or all, from a forest that was grown on
published tasks. See the README for the protocol; `--docs` writes the table into
docs/evidence/recommenders.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import metalearn
from metalearn.core.arrays import Bools, Floats
from metalearn.core.meta_dataset import MetaDataset
from metalearn.histories.published import TABLES, published
from metalearn.numerics.statistics.bootstrap import bootstrap_means
from metalearn.numerics.statistics.ranks import rank_rows
from metalearn.numerics.statistics.regret import constant_rows
from metalearn.numerics.tasks.forest_proximity import (
    ForestProximity,
    fit_proximity,
    principal_components,
)
from metalearn.recommenders.forest_mixture import ForestMixture, ForestMixtureRanker
from metalearn.recommenders.prepared_meta import prepared_meta
from metalearn.workflows.evaluate.folds import SPLITS, Split, task_folds
from metalearn.workflows.evaluate.play_ranker import regret_curve, simulate_ranker

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts
from experiments.published_experience.shared_features import SETS, in_our_units
from experiments.recommenders.sets import load

HERE = Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "evidence" / "recommenders.md"
KS = (1, 3, 5, 10)
HALF = 0.5  # of the weights; set before anything was measured
_SAME_SIZE = 0.01  # of the number of rows
_N_COMPONENTS = 8


@dataclass(frozen=True)
class Source:
    """A published set.

    Attributes:
        features: `(n_tasks, n_features)` meta-features in our units, of `names`.
        names: Our names of them.
        answers: `(n_tasks, n_components)`: what the forest learns to predict.
        orders: `(n_tasks, n_learners)`: ranks of the learners that both sides know; no columns if
            the set has one learner.
        n_rows: `(n_tasks,)`.
    """

    features: Floats
    names: tuple[str, ...]
    answers: Floats
    orders: Floats
    n_rows: Floats


@dataclass(frozen=True)
class Blend:
    """Proximity of which a share comes from published tasks."""

    own: ForestProximity
    other: Floats  # (n_known,), sum 1
    share: float

    def weights(self, meta_features: Floats) -> Floats:
        """Return `(n_known,)` similarities, sum 1."""
        return (1.0 - self.share) * self.own.weights(meta_features) + self.share * self.other


def published_source(name: str, folder: Path, learners: list[str], smoke: bool) -> Source:
    """Return a published set with what its tasks say about similarity."""
    meta = load(name, folder)
    if smoke:
        meta = meta.take(np.arange(40))
    names, features = in_our_units(name, meta)
    utility = prepared_meta(meta, name).utility.T
    entries = [published("oboe", c.algorithm) for c in meta.configurations]
    ours = [entry.algorithm if entry else "" for entry in entries]
    orders = learner_orders(meta, ours, learners if name == "oboe" else [])
    rows = features[:, names.index("nr_inst")]
    components = principal_components(utility, _N_COMPONENTS)
    return Source(features, names, components, orders, rows)


def learner_orders(meta: MetaDataset, names: list[str], learners: list[str]) -> Floats:
    """Return ranks of learners by their best configuration, `(n_tasks, n_learners)`."""
    if not learners:
        return np.empty((meta.n_tasks, 0))
    losses = meta.with_failures_imputed().losses
    filled = np.where(np.isnan(losses), np.inf, losses)
    best = [filled[:, [name == one for name in names]].min(axis=1) for one in learners]
    return rank_rows(np.where(np.isinf(found := np.stack(best, axis=1)), np.nan, found))


def of_other_tables(source: Source, n_rows: list[int]) -> Bools:
    """Return which published tasks have another number of rows than the tables held out."""
    same = [np.abs(source.n_rows - n) <= _SAME_SIZE * n for n in n_rows]
    return ~np.logical_or.reduce(same)


def by_leaves(forest: ForestProximity, known: Floats, target: Floats) -> Floats:
    """Return `(n_known,)`: how often known tasks share a leaf with the target, sum 1."""
    leaves = np.stack([forest.trees.leaves(row) for row in forest.scaling.apply(known)])
    shared = leaves == forest.trees.leaves(forest.scaling.apply(target[None])[0])
    filled = shared.any(axis=0)
    if not filled.any():
        return np.full(len(known), 1.0 / len(known))
    return np.asarray((shared / np.maximum(shared.sum(axis=0), 1)).sum(axis=1) / filled.sum())


def similarities(
    meta: MetaDataset, sources: dict[str, Source], orders: Floats, known: Any, target: int
) -> dict[str, Floats]:
    """Return similarities of the known tasks to a target by forests of published tasks."""
    held_out = [t.n_rows for i, t in enumerate(meta.tasks) if i not in set(known)]
    found = {}
    for name, source in sources.items():
        columns = [meta.meta_feature_names.index(one) for one in source.names]
        ours, usable = meta.meta_features[:, columns], of_other_tables(source, held_out)
        votes = np.full(int(usable.sum()), 1.0 / usable.sum())
        forest = fit_proximity(
            source.features[usable], source.answers[usable], votes, np.random.default_rng(0)
        )
        found[name] = by_leaves(forest, ours[known], ours[target])
        if source.orders.shape[1]:
            features = np.concatenate([ours[known], source.features[usable]])
            answers = np.nan_to_num(np.concatenate([orders[known], source.orders[usable]]))
            votes = np.full(len(features), 1.0 / len(features))
            both = fit_proximity(features, answers, votes, np.random.default_rng(0))
            found[f"learners of {name}"] = by_leaves(both, ours[known], ours[target])
    return found


def variants(ranker: ForestMixtureRanker, close: dict[str, Floats]) -> dict[str, Any]:
    """Return the default and the rankers that differ from it in the proximity alone."""
    shares = {f"half from {name}": (other, HALF) for name, other in close.items()}
    shares["all from oboe"] = (close["oboe"], 1.0)
    found = {"default": ranker}
    for name, (other, share) in shares.items():
        blend: Any = Blend(ranker.prior.proximity, other, share)
        found[name] = replace(ranker, prior=replace(ranker.prior, proximity=blend))
    return found


def rows_of(data: Path, split: Split, smoke: bool, done: set[str]) -> Iterator[list[dict]]:
    """Yield the regrets of each held-out task and variant, fold by fold."""
    with metalearn.open() as kb:
        meta = kb.meta_dataset("balanced_accuracy", kind="classification")
    names = [c.algorithm for c in meta.configurations]
    learners = sorted({entry.algorithm for entry in TABLES["oboe"]} & set(names))
    sets = ["oboe"] if smoke else list(SETS)
    sources = {one: published_source(one, data, learners, smoke) for one in sets}
    orders = learner_orders(meta, names, learners)
    flat = constant_rows(meta.losses)
    for known, held_out in task_folds(meta.groups, split, 0)[: 2 if smoke else None]:
        held_out = [i for i in held_out if not flat[i] and meta.tasks[i].name not in done]
        if not held_out:
            continue
        ranker = ForestMixture().fit(meta.take(known), np.random.default_rng(0))
        found = []
        for target in held_out[: 1 if smoke else None]:
            close = similarities(meta, sources, orders, known, int(target))
            for method, chosen in variants(ranker, close).items():
                played = simulate_ranker(
                    chosen, meta.meta_features[target], meta.losses[target],
                    available=np.isfinite(meta.losses[target]) | meta.failed[target],
                    runtimes_s=meta.runtimes_s[target], n_steps=KS[-1],
                )  # fmt: skip
                curve = regret_curve(played.losses, meta.losses[target], KS[-1])
                regrets = {f"regret {k}": float(curve[k - 1]) for k in KS}
                found.append({"task": meta.tasks[target].name, "method": method, **regrets})
        yield found


def table(found: pd.DataFrame) -> str:
    """Return mean regrets, and paired differences to the default, as a Markdown table."""
    heads = [f"after {k}" for k in KS] + [f"ahead of the default after {k}" for k in KS]
    lines = [f"| task weights | {' | '.join(heads)} |", "| --- |" + " ---: |" * len(heads)]
    wide = {m: part.set_index("task").iloc[:, 1:] for m, part in found.groupby("method")}
    base = wide["default"]
    for method in found["method"].drop_duplicates():
        own = wide[method].loc[base.index]
        cells = [f"{own[column].mean():.3f}" for column in base]
        gains = (base - own).to_numpy()
        low, high = bootstrap_means(gains, np.random.default_rng(0))
        for mean, *ends in zip(gains.mean(axis=0), low, high, strict=True):
            shown = f"{mean:+.3f} ({ends[0]:+.3f} to {ends[1]:+.3f})"
            cells.append("" if method == "default" else shown)
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", f"{len(base)} tasks held out."])


def main() -> None:
    """Play, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", choices=SPLITS, default="leave-one-task-out")
    parser.add_argument("--out", type=Path, default=HERE / "out")
    parser.add_argument("--resume", action="store_true", help="go on from the rows in --out")
    parser.add_argument("--docs", action="store_true", help="write the table into the docs")
    parser.add_argument("--smoke", action="store_true", help="two tasks, few of OBOE's")
    arguments = parser.parse_args()
    started = time.process_time()
    arguments.out.mkdir(parents=True, exist_ok=True)
    file = arguments.out / "regrets.csv"
    rows = pd.read_csv(file).to_dict("records") if arguments.resume and file.exists() else []
    done = {row["task"] for row in rows}
    for fold in rows_of(arguments.data, arguments.split, arguments.smoke, done):
        rows += fold
        pd.DataFrame(rows).to_csv(file, index=False, float_format="%.6g")
        print(f"{len(rows)} rows", flush=True)
    found = pd.DataFrame(rows)
    text = table(found)
    print(f"{text}\n{time.process_time() - started:.0f} processor seconds")
    if arguments.docs:
        write_parts(PAGE, {"published": text})


if __name__ == "__main__":
    main()
