"""Summary, comparison with the peers, and figure of the runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.plots.style import LINES, figure, save, styled

PEERS = {"Optuna TPE": "tpe", "SMAC3": "forest", "pycma": "cma"}
DEFAULT = "bayesian"
SHOWN = ("random", "tpe", "cma", DEFAULT, "Optuna TPE", "SMAC3", "pycma")
FLOOR = 1e-8


def write_report(runs: pd.DataFrame, out: Path) -> None:
    """Write summary.csv, versus_peers.csv and the figure; print the comparison."""
    runs = runs.assign(log_regret=np.log10(np.maximum(runs["regret"], FLOOR)))
    summary = summarise(runs)
    summary.to_csv(out / "summary.csv", index=False, float_format="%.4g")
    versus = versus_peers(runs)
    versus.to_csv(out / "versus_peers.csv", index=False, float_format="%.3f")
    print(versus.to_string(index=False) if len(versus) else summary.to_string(index=False))
    draw(summary, out)


def summarise(runs: pd.DataFrame) -> pd.DataFrame:
    """Return median and quartiles over seeds, and seconds a suggestion, a row a checkpoint."""
    groups = runs.groupby(["function", "method", "at"], sort=False)
    return groups.agg(
        n_seeds=("seed", "nunique"),
        regret=("regret", "median"),
        low=("regret", lambda column: column.quantile(0.25)),
        high=("regret", lambda column: column.quantile(0.75)),
        seconds_per_suggestion=("seconds_per_suggestion", "median"),
    ).reset_index()


def versus_peers(runs: pd.DataFrame) -> pd.DataFrame:
    """Return ours minus the peer's mean log10 regret at the largest budget, with 95 % intervals.

    Each peer beside our optimizer of its kind and beside our default; negative: ours is better.
    The interval is a bootstrap over seeds. `behind` says that all of it lies above zero.
    """
    rng = np.random.default_rng(0)
    last = runs[runs["at"] == runs["at"].max()]
    rows = []
    for peer, kin in PEERS.items():
        for ours in (kin, DEFAULT):
            for function in last["function"].unique():
                here = last[last["function"] == function]
                a = here.loc[here["method"] == ours, "log_regret"].to_numpy()
                b = here.loc[here["method"] == peer, "log_regret"].to_numpy()
                if not len(a) or not len(b):
                    continue
                means = [rng.choice(part, (4000, len(part))).mean(axis=1) for part in (a, b)]
                low, high = np.quantile(means[0] - means[1], [0.025, 0.975])
                rows.append((peer, ours, function, len(a), len(b), a.mean(), b.mean(),
                             a.mean() - b.mean(), low, high, bool(low > 0)))  # fmt: skip
    columns = ("peer", "ours", "function", "n_ours", "n_peer", "log10_ours", "log10_peer",
               "difference", "low", "high", "behind")  # fmt: skip
    return pd.DataFrame(rows, columns=list(columns))


def draw(summary: pd.DataFrame, out: Path) -> None:
    """Draw median regret over evaluations, one panel a function, quartiles of ours and theirs."""
    functions = list(summary["function"].unique())
    n_columns = min(3, len(functions))
    with styled():
        drawn, axes = figure(9.0, 2.7 * -(-len(functions) // n_columns),
                             -(-len(functions) // n_columns), n_columns)  # fmt: skip
        for ax, function in zip(axes, functions, strict=False):
            for (colour, dash, marker), method in zip(LINES, SHOWN, strict=True):
                rows = summary[(summary["function"] == function) & (summary["method"] == method)]
                if len(rows):
                    at, regret = rows["at"], np.maximum(rows["regret"], FLOOR)
                    ax.plot(at, regret, color=colour, ls=dash, marker=marker, ms=3.5, lw=1.2,
                            label=method)  # fmt: skip
            ax.set(title=function, yscale="log", xlabel="evaluations", ylabel="median regret")
        handles = {
            label: handle
            for ax in axes
            for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        drawn.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=7,
                     frameon=False)  # fmt: skip
    save(drawn, out, "cold_optimizers", summary)
