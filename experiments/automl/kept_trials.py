"""Trials as a fit makes them, kept with their predictions of test rows, to compare ensembles on.

    python experiments/automl/kept_trials.py TABLES --out FOLDER [--names no2,...] [--split 0]

TABLES is an index CSV. By default those of 150 to 1,400 rows are used that are neither among the
tables of `run.py` and `sequence.py` nor in their families. Two thirds of a table are fitted on.
The first trials are the best of the list that take little time, the others are searched for as in
a fit. Each is made on two (`--partitions`) partitions into folds, and once on all rows.
FOLDER gets a file a table, with predictions of held-out and of test rows. `ways.py`,
`further_trials.py` and `winsorizing.py` compare what is made of them.
"""

from __future__ import annotations

import argparse
import runpy
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from metalearn.automl.advice import Advice, advice_for
from metalearn.automl.bench import Bench, quiet
from metalearn.automl.fit_task import FitTask
from metalearn.automl.joint_search import JointSearch
from metalearn.automl.library import FitTrial, Library
from metalearn.automl.objective import objective_of
from metalearn.automl.predictor import Member, fold_pipelines
from metalearn.automl.reading import training_table
from metalearn.automl.searched import usable_learners
from metalearn.automl.strategies.default import STRATEGY as DEFAULT
from metalearn.automl.validation import validation_of
from metalearn.core.configuration import Configuration
from metalearn.learners.tables import Table

HERE = Path(__file__).parent
RUN = runpy.run_path(str(HERE / "run.py"))
SEQUENCE = runpy.run_path(str(HERE / "sequence.py"))
_FEWEST, _MOST = 150, 1_400
_MOST_COLUMNS = 400
_SLOWEST_S = 0.25
"""Configurations with longer fits are left out, or not changed, to have many tables."""


def names_of(index: Path) -> list[str]:
    """Return the tables to use, of both kinds in turn."""
    import metalearn

    table = pd.read_csv(index)
    with metalearn.open() as store:
        family = store.tasks().drop_duplicates("name").set_index("name")["family"]
    taken = {*RUN["NAMES"], *SEQUENCE["NAMES"]}
    families = set(family.reindex(list(taken)).dropna()) - {""}
    is_free = ~table["name"].isin(taken) & ~table["name"].map(family).isin(families)
    fits = table["rows"].between(_FEWEST, _MOST) & (table["n_features"] <= _MOST_COLUMNS)
    found = table[is_free & fits]
    place = found.groupby("kind").cumcount()
    return list(found.loc[place.sort_values(kind="stable").index, "name"])


def library_of(data: Any, seed: int) -> Library:
    """Return an empty library of a training table, with folds by a seed."""
    is_classes = data.kind == "classification"
    target = np.unique(data.y, return_inverse=True)[1] if is_classes else data.y
    folds = validation_of(target, data.kind, seed=seed)
    return Library(FitTask(data.kind, data.X, data.y, None, folds), objective_of(None, data.kind))


def trial_of(library: Library, bench: Bench, configuration: Configuration) -> FitTrial:
    """Return a trial on all folds."""
    results = [bench.fold(configuration, k, 1.0) for k in range(library.task.n_folds)]
    fit_s = sum(result.fit_s for result in results)
    return library.judged(FitTrial(configuration, "search", "ok", fit_s=fit_s), results)


def configurations(
    advice: Advice, library: Library, n_listed: int, n: int
) -> Iterator[Configuration]:
    """Yield the list, ranked again after every trial, then changes of the best trials."""
    rng = np.random.default_rng(0)
    kind = library.task.kind
    learners = [learner.name for learner in usable_learners(DEFAULT, None, kind)]
    search = JointSearch(library, lambda: advice, learners)
    for i in range(n):
        tried = {trial.configuration for trial in library.trials}
        if i < n_listed:
            left = (c for c in advice.order() if c not in tried and advice.fit_s(c) <= _SLOWEST_S)
            found = next(left, None)
        else:
            best = [library.trials[k] for k in library.finished]
            most_s = _SLOWEST_S * library.task.n_folds
            ranked = [trial.configuration for trial in best if trial.fit_s <= most_s]
            found = search(ranked, tried, kind, rng)
        if found is None:
            return
        yield found


def kept(entry: tuple[str, str, str, pd.DataFrame], asked: argparse.Namespace) -> dict[str, Any]:
    """Return arrays of all trials on one table."""
    name, kind, target, frame = entry
    A, B, ya, yb = RUN["split"](frame, target, kind, asked.split)
    is_known = yb.isin(ya.unique()) | (kind == "regression")
    B, yb = B[is_known], yb[is_known]
    data = training_table(A, ya, kind)
    libraries = [library_of(data, seed) for seed in range(asked.partitions)]
    benches = [Bench(library.task) for library in libraries]
    table = Table("table", data.kind, data.X, pd.Series(data.y, name="y"), "y")
    left_out = tuple(RUN["family_of"](name))
    first = libraries[0]
    advice = advice_for(table, first.objective.stored, exclude=left_out, feature_budget_s=2)
    pairs, tests = [], []
    for configuration in configurations(advice, first, asked.listed, asked.trials):
        try:
            pair = [trial_of(library, bench, configuration)
                    for library, bench in zip(libraries, benches, strict=True)]  # fmt: skip
            pipeline, scale = benches[0].pipeline(configuration, seed=0)
        except Exception as error:  # whatever a learner raises
            print(name, configuration, f"{type(error).__name__}: {error}"[:100])
            first.add(FitTrial(configuration, "search", "failed"))
            continue
        first.add(pair[0])
        advice.observe(configuration, pair[0].loss)
        if {trial.status for trial in pair} == {"ok"}:
            parts = fold_pipelines([tuple(pipeline.named_steps.values())])
            scales = () if scale is None else (scale,)
            member = Member(configuration, parts, pair[0].calibrator, True, scales)
            tests.append(member.predictions(B, first.task.classes, {}).astype(np.float32))
            pairs.append(pair)
    return _arrays(libraries, pairs, np.stack(tests), yb)


def _arrays(
    libraries: list[Library], pairs: list[list[FitTrial]], tests: Any, y_test: pd.Series
) -> dict[str, Any]:
    task = libraries[0].task
    is_classes = task.kind == "classification"
    found = {
        "kind": task.kind,
        "test": tests,
        "y_test": np.searchsorted(task.classes, y_test) if is_classes else y_test.to_numpy(),
        "y_train": task.codes if is_classes else task.y,
        "limits": () if is_classes else task.limits,
    }
    for i, library in enumerate(libraries):
        found[f"held_out_{i}"] = np.stack([pair[i].predictions for pair in pairs])
        found[f"rows_{i}"] = library.task.validation.tested
        found[f"fold_{i}"] = library.task.validation.fold_of
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the trials that are missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tables", type=Path)
    parser.add_argument("--names", default="")
    parser.add_argument("--split", type=int, default=0)
    parser.add_argument("--trials", type=int, default=18)
    parser.add_argument("--partitions", type=int, default=2, help="into folds, of each trial")
    parser.add_argument("--listed", type=int, default=11, help="trials of the list")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    for name in asked.names.split(",") if asked.names else names_of(asked.tables):
        path = asked.out / f"{name}-{asked.split}.npz"
        if path.exists():
            continue
        (entry,) = RUN["tables_of"](asked.tables, [name])
        begun = time.process_time()
        with quiet():
            found = kept(entry, asked)
        np.savez_compressed(path, **found)
        took_s = time.process_time() - begun
        print(f"{name}: {len(found['test'])} trials, {took_s:.0f} s", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
