"""Tables of searches and of coverages, from the files that `run.py` keeps."""

from __future__ import annotations

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.numerics.statistics.bootstrap import bootstrap_means

__all__ = [
    "BUDGETS",
    "COVERED",
    "KNOWN",
    "METHODS",
    "SETS",
    "coverage_table",
    "fullest",
    "regrets",
    "summary",
    "table",
]

LEARNED = ("fsbo", "fsbo-frozen", "fsbo-network", "fsbo-reptile", "fsbo-maml", "hyperbo",
           "hyperbo-tuned", "ablr-network", "multitask-network", "soft-taf-deep")  # fmt: skip
METHODS = ("default", "default-deep", *LEARNED, "recurrent", "recurrent-long", "design",
           "soft-taf", "taf", "rgpe", "ablr", "gaussian-process", "random")  # fmt: skip
COVERED = ("fsbo", "fsbo-frozen", "hyperbo", "ablr-network", "multitask-network", "soft-taf",
           "rgpe", "gaussian-process")  # fmt: skip
BUDGETS = (1, 3, 5, 10, 20)
KNOWN = (5, 10, 20)
SETS = ("tst-svm", "pimp-rf", "yahpo")


def regrets(curves: pd.DataFrame) -> pd.DataFrame:
    """Return curves with normalized regrets; 0 is the lowest loss of the set or of any search."""
    lowest = np.minimum(curves["low"], curves.groupby("task")["loss"].transform("min"))
    unit = curves["high"] - lowest
    capped = np.minimum(curves["loss"], curves["high"])
    return curves.assign(regret=((capped - lowest) / unit).clip(0.0, 1.0).fillna(1.0))


def fullest(n_tasks: pd.Series) -> list[str]:
    """Return the methods with at least n tasks, n so that methods times n is largest.

    >>> fullest(pd.Series({"default": 26, "random": 26, "rgpe": 20, "taf": 2}))
    ['default', 'random', 'rgpe']
    """
    n = max(sorted(set(n_tasks), reverse=True), key=lambda n: n * int((n_tasks >= n).sum()))
    return list(n_tasks.index[n_tasks >= n])


def summary(curves: pd.DataFrame) -> pd.DataFrame:
    """Return mean regrets with 95 % bootstrap intervals over tasks, and differences to `default`.

    The last row of a method, at "mean", is its mean over all evaluations. Methods are compared on
    the tasks of all of them; those that were played on few tasks are left out (`fullest`).
    """
    chosen_methods, rows = fullest(curves.groupby("method")["task"].nunique()), []
    scored = regrets(curves[curves["method"].isin(chosen_methods)])
    wide = {m: part.pivot_table(index="task", columns="at", values="regret")
            for m, part in scored.groupby("method", sort=False)}  # fmt: skip
    common = sorted(set.intersection(*(set(part.index) for part in wide.values())))
    for method, part in wide.items():
        chosen = part.loc[common]
        base = wide["default"].loc[common] if "default" in wide else chosen
        # The median, because the first search of a fold trains the network, and the others do not.
        own_rows = (scored["method"] == method) & scored["task"].isin(common)
        seconds = scored.loc[own_rows, "seconds"].median()
        for at in [*(k for k in BUDGETS if k in chosen), "mean"]:
            own = chosen.mean(axis=1) if at == "mean" else chosen[at]
            other = base.mean(axis=1) if at == "mean" else base[at]
            gain = (other - own).to_numpy()
            both = np.column_stack([own.to_numpy(), gain])
            low, high = bootstrap_means(both, np.random.default_rng(0))
            rows.append(
                {"method": method, "k": at, "regret": own.mean(), "low": low[0], "high": high[0],
                 "gain": gain.mean(), "gain_low": low[1], "gain_high": high[1],
                 "n_tasks": len(common), "ms": 1e3 * seconds}
            )  # fmt: skip
    return pd.DataFrame(rows)


def table(found: pd.DataFrame) -> str:
    """Return the summary as a Markdown table, the lowest mean of a column in bold."""
    found = found.assign(k=found["k"].astype(str))
    ks = [str(k) for k in (*BUDGETS, "mean") if str(k) in set(found["k"])]
    best = found.groupby("k")["regret"].min()
    heads = [f"mean of 1 to {BUDGETS[-1]}" if k == "mean" else f"after {k}" for k in ks]
    lines = [
        f"| method | {' | '.join(heads)} | ahead of default in the mean | ms a suggestion |",
        "| --- |" + " ---: |" * (len(ks) + 2),
    ]
    order = [m for m in METHODS if m in set(found["method"])]
    for method in order:
        part = found[found["method"] == method].set_index("k")
        cells = [f"{part.loc[k, 'regret']:.3f}" for k in ks]
        cells = [f"**{text}**" if part.loc[k, "regret"] == best[k] else text
                 for k, text in zip(ks, cells, strict=True)]  # fmt: skip
        row = part.loc["mean"]
        ahead = f"{row['gain']:+.3f} ({row['gain_low']:+.3f} to {row['gain_high']:+.3f})"
        last = ["" if method == "default" else ahead, f"{row['ms']:.0f}"]
        lines.append(f"| {method} | " + " | ".join([*cells, *last]) + " |")
    return "\n".join([*lines, "", f"{int(found['n_tasks'].iloc[0])} tasks."])


def coverage_table(covered: pd.DataFrame) -> str:
    """Return the coverage of the 80 % interval as a Markdown table over sets.

    Means over tasks in percent with 95 % bootstrap intervals; a set has a column for each number
    of known losses.
    """
    sets = [name for name in SETS if name in set(covered["set"])]
    heads = [f"{name}, {n} known" for name in sets for n in KNOWN]
    lines = [f"| method | {' | '.join(heads)} |", "| --- |" + " ---: |" * len(heads)]
    shown = {
        key: percent(part["coverage"].to_numpy(np.float64))
        for key, part in covered.groupby(["method", "set", "known"])
    }
    for method in [m for m in COVERED if m in set(covered["method"])]:
        cells = [shown.get((method, name, n), "") for name in sets for n in KNOWN]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def percent(shares: Floats) -> str:
    """Return the mean share in percent with its bootstrap interval over tasks."""
    (low,), (high,) = bootstrap_means(100.0 * shares[:, None], np.random.default_rng(0))
    return f"{100.0 * shares.mean():.0f} % ({low:.0f} to {high:.0f})"
