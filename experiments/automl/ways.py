"""Which way of combining trials has the lowest loss on rows that no fit has seen?

    python experiments/automl/ways.py FOLDER [--out DIR] [--docs]

FOLDER holds the trials of `kept_trials.py`. Each way weights the members by their held-out
predictions, and has a loss on the test rows with the members fitted on all rows. Ways are compared
with greedy selection: on how many tables they are ahead or behind, and the mean relative change of
the loss with its standard error; changes beyond 20 % count as 20 %. `--docs` writes the table of
the evidence page, `--out` the losses.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts
from metalearn.automl.calibration import chosen_temperature
from metalearn.automl.combining import combined, weighted_mean
from metalearn.automl.objective import MetricLoss, Truth, objective_of
from metalearn.automl.usual_rows import usual_rows
from metalearn.core.arrays import Floats, Ints
from metalearn.numerics.ensemble_selection import greedy_selection
from metalearn.numerics.temperature import with_temperature

PAGE = Path(__file__).resolve().parents[2] / "docs" / "evidence" / "automl.md"
_LARGEST_CHANGE = 0.2
_SMALLEST_LOSS = 1e-6


@dataclass(frozen=True, eq=False)
class Trials:
    """Trials on a table, in the order they were made.

    Attributes:
        held_out: Predictions of the training rows, fold by fold, `(m, n, ...)`.
        truth: Their true values.
        fold_of: Their folds, `(n,)`.
        test: Predictions of the test rows by members fitted on all rows, `(m, n_test, ...)`.
        test_truth: Their true values.
        objective: Log loss or RMSE.
    """

    held_out: Floats
    truth: Truth
    fold_of: Ints
    test: Floats
    test_truth: Truth
    objective: MetricLoss

    def first(self, n: int) -> Trials:
        """Return the first trials."""
        return replace(self, held_out=self.held_out[:n], test=self.test[:n])

    @property
    def order(self) -> Ints:
        """Positions of the trials, best first."""
        losses = self.objective.losses(self.truth, self.held_out)
        return np.argsort(losses, kind="stable")

    def test_loss(self, weights: Floats) -> float:
        """Return the loss on the test rows, with a temperature for probabilities as in a fit."""
        found = weighted_mean(self.test, weights)
        if self.truth.classes is not None:
            mean = weighted_mean(self.held_out, weights)
            found = with_temperature(found, chosen_temperature(mean, self.truth))
        return self.objective.loss(self.test_truth, found)


def trials_of(path: Path, n_partitions: int = 1) -> Trials:
    """Return the trials of a file of `kept_trials.py` with one partition into folds or more."""
    kept = np.load(path)
    kind, y, test = str(kept["kind"]), kept["y_train"], kept["test"].astype(float)
    is_classes = kind == "classification"
    classes = np.arange(test.shape[2]) if is_classes else None
    if not is_classes:
        test = test.clip(*kept["limits"])
    fold_of = np.zeros(len(y), dtype=np.int64)  # a row is left out as a whole
    fold_of[kept["rows_0"]] = kept["fold_0"]
    parts = range(n_partitions)
    rows = np.concatenate([kept[f"rows_{i}"] for i in parts])
    held_out = np.concatenate([kept[f"held_out_{i}"] for i in parts], axis=1).astype(float)
    truth, test_truth = Truth(y[rows], None, classes), Truth(kept["y_test"], None, classes)
    return Trials(held_out, truth, fold_of[rows], test, test_truth, objective_of(None, kind))


Way = Callable[[Trials], Floats]
"""Returns weights, `(m,)`."""


def named(*ways: str, rounds: int = 40) -> Way:
    """Return a way of `metalearn.automl.combining`; several are guarded by left-out folds."""

    def weights(trials: Trials) -> Floats:
        order = trials.order
        found = combined(
            trials.held_out[order], trials.objective, trials.truth, trials.fold_of,
            np.random.default_rng(0), ways=ways, rounds=rounds, thorough=len(ways) > 1,
        )  # fmt: skip
        return found.weights[np.argsort(order)]

    return weights


def from_best(n: int) -> Way:
    """Return greedy selection that starts with the n best (sorted initialization, Caruana)."""

    def weights(trials: Trials) -> Floats:
        order = trials.order
        reduced, losses = trials.objective.reduced(trials.truth, trials.held_out[order])
        counts = (np.arange(len(reduced)) < n).astype(float)
        best, best_loss = counts.copy(), np.inf
        total = reduced[:n].sum(axis=0)
        for size in range(min(n, len(reduced)) + 1, 41):
            found = losses((total + reduced) / size)
            j = int(np.argmin(found))
            total, counts[j] = total + reduced[j], counts[j] + 1
            if found[j] < best_loss:
                best, best_loss = counts.copy(), float(found[j])
        return (best / best.sum())[np.argsort(order)]

    return weights


def on_drawn_rows(trials: Trials) -> Floats:
    """Return the mean weights of greedy selections on bootstrap samples of the rows."""
    rng, total = np.random.default_rng(0), np.zeros(len(trials.held_out))
    for _ in range(10):
        drawn = rng.integers(0, len(trials.fold_of), len(trials.fold_of))
        part = trials.truth.take(drawn)
        total += greedy_selection(*trials.objective.reduced(part, trials.held_out[:, drawn]), 20)
    return np.asarray(total / total.sum())


def without_few(trials: Trials) -> Floats:
    """Return greedy selection without a few rows that have most of the squared error."""
    order = trials.order
    kept = usual_rows(trials.held_out[order[0]], trials.objective, trials.truth)
    library, losses = trials.objective.reduced(
        trials.truth.take(kept), trials.held_out[order][:, kept]
    )
    return greedy_selection(library, losses)[np.argsort(order)]


GREEDY = named("greedy")
WAYS: dict[str, Way] = {
    "greedy": GREEDY,
    "greedy, replaced by others after the test": named(
        "greedy", "bagged", "shrunk", "mean", "single"
    ),
    "greedy, 10 rounds": named("greedy", rounds=10),
    "greedy from the best 5": from_best(5),
    "greedy on bootstrap samples of rows": on_drawn_rows,
    "greedy without a few rows of most of the squared error": without_few,
    "bagged": named("bagged"),
    "half greedy, half the mean of the best": named("shrunk"),
    "mean of the best 8": named("mean"),
    "best single": named("single"),
}


def losses_on(path: Path) -> dict[str, object]:
    """Return the test loss of every way on one table."""
    once, twice = trials_of(path), trials_of(path, 2)
    half = len(once.test) // 2
    found = {name: once.test_loss(way(once)) for name, way in WAYS.items()}
    for name, trials in (
        ("greedy, two partitions", twice),
        ("greedy, two partitions of half the trials", twice.first(half)),
        ("greedy, half the trials", once.first(half)),
    ):
        found[name] = trials.test_loss(GREEDY(trials))
    kind = "regression" if once.truth.classes is None else "classification"
    return {"table": path.stem, "kind": kind, "n_rows": len(once.fold_of), **found}


def against(rows: pd.DataFrame, reference: str = "greedy") -> pd.DataFrame:
    """Return each column after the reference against it, by kind of task."""
    found = []
    for kind, part in rows.groupby("kind"):
        base = part[reference].clip(lower=_SMALLEST_LOSS)
        for way in part.columns[part.columns.get_loc(reference) + 1 :]:
            change = np.log(part[way].clip(lower=_SMALLEST_LOSS) / base)
            n_ahead, n_behind = int((change < -1e-9).sum()), int((change > 1e-9).sum())
            change = change.clip(-_LARGEST_CHANGE, _LARGEST_CHANGE)
            error = change.std() / np.sqrt(len(change))
            found.append((kind, way, len(part), n_ahead, n_behind, change.mean(), error))
    names = ["kind", "way", "tables", "ahead", "behind", "change", "error"]
    return pd.DataFrame(found, columns=names)


def as_text(found: pd.DataFrame) -> str:
    """Return the comparison as a table of the evidence page: kinds side by side."""
    kinds = found["kind"].unique()
    n_tables = found.groupby("kind")["tables"].first()
    titles = " | ".join(f"{kind}: ahead, behind of {n_tables[kind]} | change" for kind in kinds)
    lines = [f"| way | {titles} |", "| --- |" + " ---: | ---: |" * len(kinds)]
    for way, part in found.groupby("way", sort=False):
        cells = [f"{r.ahead}, {r.behind} | {100 * r.change:+.1f} ± {100 * r.error:.1f} %"
                 for r in part.itertuples()]  # fmt: skip
        lines.append(f"| {way} | {' | '.join(cells)} |")
    return "\n".join(lines).replace("||", "|")


def compare(
    arguments: Sequence[str] | None,
    description: str | None,
    losses_of: Callable[[Trials], dict[str, float]],
    reference: str,
    part: str,
    kinds: Sequence[str] = ("classification", "regression"),
) -> pd.DataFrame:
    """Compare test losses on the trials of several folders, for scripts like this one.

    Args:
        arguments: Of the script.
        description: Of the script.
        losses_of: Returns test losses by column, the reference first.
        reference: The column that others are compared with.
        part: The part of the evidence page that `--docs` writes.
        kinds: Of the tables to compare on.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--docs", action="store_true", help="write the evidence page")
    asked = parser.parse_args(arguments)
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in sorted(path for folder in asked.folders for path in folder.glob("*.npz")):
            trials = trials_of(path)
            kind = "regression" if trials.truth.classes is None else "classification"
            if kind in kinds:
                rows.append({"table": path.stem, "kind": kind, **losses_of(trials)})
    found = against(pd.DataFrame(rows), reference)
    print(found.round(4).to_string(index=False))
    if asked.docs:
        write_parts(PAGE, {part: as_text(found)})
    return found


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Compare, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--docs", action="store_true", help="write the evidence page")
    asked = parser.parse_args(arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = pd.DataFrame([losses_on(path) for path in sorted(asked.folder.glob("*.npz"))])
    found = against(rows)
    if asked.out is not None:
        rows.round(5).to_csv(asked.out / "ways.csv", index=False)
    print(found.round(4).to_string(index=False))
    if asked.docs:
        write_parts(PAGE, {"ways": as_text(found)})
    return found


if __name__ == "__main__":
    main()
