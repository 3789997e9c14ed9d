"""Which forest gives the shares of functions whose answer is known, and how does Optuna's compare?

    python experiments/importance_analytic/run.py [--out DIR] [--seeds N] [--smoke]

Functions of 2 to 12 axes with exact shares (`functions.py`): additive, products, steps, valleys,
Sobol's g, Ishigami's, logarithms on a linear axis, a conditional axis. Runs are drawn uniformly,
log-uniformly on the first axis, cubed on all axes, or on a grid of six levels; 50 to 1,000 of
them, without noise and with noise of a fifth of the function's deviation. The error of an analysis
is the largest error of a share of a single axis.

The share of axes is chosen here, with leaves of one run in what is reported; `leaves.py` chooses
the size of leaves. Choices are made on seven functions and reported on ten others, with other
seeds. Optuna's evaluator (its defaults, 64 trees) is slow: it sees the reported runs up to 100 a
task. Functions with a conditional axis are not for it. `--smoke`: two functions a part.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.core.history import History
from metalearn.core.space import Space
from metalearn.importance import FanovaSettings, fanova_task
from metalearn.importance.forest import ForestSettings

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.importance_analytic.functions import CHOOSE, REPORT, Analytic, space_of

DESIGNS = ("uniform", "log", "cubed", "grid")
SIZES = (50, 100, 300, 1000)
NOISES = (0.0, 0.2)
BEFORE = ForestSettings(feature_fraction=0.7, min_leaf=1)
OURS = ForestSettings(min_leaf=1)
FORESTS = {
    f"ours, {fraction} of the axes, leaves of {leaf}": ForestSettings(
        feature_fraction=fraction, min_leaf=leaf
    )
    for fraction, leaf in ((0.7, 1), (0.7, 3), (0.85, 1), (1.0, 1), (1.0, 2), (1.0, 3))
}
OPTUNA_RUNS = 100


@dataclass(frozen=True)
class Case:
    """Runs of one function."""

    function: Analytic
    space: Space
    design: str
    noise: float
    seed: int
    history: History


def drawn(design: str, n: int, n_axes: int, rng: np.random.Generator) -> Floats:
    """Return `(n, n_axes)` points of a design."""
    points = rng.random((n, n_axes))
    if design == "log":
        points[:, 0] = 10.0 ** (-6 * points[:, 0])
    elif design == "cubed":
        points **= 3
    elif design == "grid":
        points = np.round(5 * points) / 5
    return points


def cases(
    functions: Sequence[Analytic], seeds: Sequence[int], sizes: Sequence[int]
) -> Iterator[Case]:
    """Yield the runs of all functions, designs, sizes, noises and seeds."""
    for function in functions:
        space = space_of(function)
        for design, n, noise, seed in itertools.product(DESIGNS, sizes, NOISES, seeds):
            rng = np.random.default_rng([seed, n])
            points = drawn(design, n, len(function.shares), rng)
            if function.branch:
                points[:, 0] = np.where(rng.random(n) < 0.5, 0.25, 0.75)
                points[points[:, 0] > 0.5, 1] = np.nan
            y = function.f(points)
            y = y + noise * y.std() * rng.standard_normal(n)
            yield Case(function, space, design, noise, seed, History(points, y))


def ours(case: Case, forest: ForestSettings) -> Floats:
    """Return our shares of single axes."""
    rng = np.random.default_rng(case.seed)
    settings = FanovaSettings(order=1, forest=forest)
    return fanova_task(case.space, case.history, rng, settings=settings).share


def optunas(case: Case) -> Floats:
    """Return Optuna's shares of the same runs."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    axes = dict.fromkeys(case.space.names, optuna.distributions.FloatDistribution(0.0, 1.0))
    study = optuna.create_study()
    study.add_trials(
        [optuna.trial.create_trial(params=dict(zip(axes, map(float, row), strict=True)),
                                   distributions=dict(axes), value=float(value))
         for row, value in zip(case.history.X, case.history.y, strict=True)]
    )  # fmt: skip
    found = optuna.importance.FanovaImportanceEvaluator(seed=case.seed).evaluate(study)
    return np.array([found[name] for name in axes])


def row(part: str, tool: str, case: Case, shares: Floats) -> dict[str, object]:
    """Return one row of the raw table."""
    error = float(np.abs(shares - np.array(case.function.shares)).max())
    return {"part": part, "tool": tool, "function": case.function.name, "design": case.design,
            "runs": len(case.history), "noise": case.noise, "seed": case.seed,
            "error": error}  # fmt: skip


def summary(raw: pd.DataFrame) -> pd.DataFrame:
    """Return mean errors per part and tool: in all, by design and by number of runs."""
    index = ["part", "tool"]
    parts = [raw.groupby(index, sort=False)["error"].mean().rename("all")]
    for column in ("design", "runs"):
        parts.append(raw.pivot_table(index=index, columns=column, values="error", sort=False))
    return pd.concat(parts, axis=1).reset_index()


def measured(n_seeds: int, smoke: bool) -> pd.DataFrame:
    """Return the raw table: every tool on every case."""
    sizes, n_functions = ((50,), 2) if smoke else (SIZES, None)
    rows = [row("chosen on", tool, case, ours(case, forest))
            for case in cases(CHOOSE[:n_functions], range(n_seeds), sizes)
            for tool, forest in FORESTS.items()]  # fmt: skip
    for case in cases(REPORT[:n_functions], range(100, 100 + n_seeds), sizes):
        shared = len(case.history) <= OPTUNA_RUNS and not case.function.branch
        found = {"ours before": ours(case, BEFORE), "ours": ours(case, OURS)}
        if shared:
            found["Optuna"] = optunas(case)
        rows += [row("reported on", tool, case, shares) for tool, shares in found.items()]
        if shared:
            rows += [row("shared with Optuna", tool, case, shares)
                     for tool, shares in found.items()]  # fmt: skip
    raw = pd.DataFrame(rows)
    return raw[(raw["part"] != "reported on") | (raw["tool"] != "Optuna")]


def main() -> None:
    """Measure, print and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    raw = measured(1 if arguments.smoke else arguments.seeds, arguments.smoke)
    arguments.out.mkdir(parents=True, exist_ok=True)
    raw.to_csv(arguments.out / "errors.csv", index=False, float_format="%.4g")
    result = summary(raw)
    result.to_csv(arguments.out / "result.csv", index=False, float_format="%.4g")
    print(result.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
