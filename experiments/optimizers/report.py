"""Summary, comparison with the peers, tables of the documentation, and figure of the runs."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from metalearn.optimizers import names
from metalearn.plots.style import LINES, figure, save, styled

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

PEERS = {"Optuna TPE": "tpe", "SMAC3": "forest", "pycma": "cma", "pycma (sigma 1/6)": "cma"}
DEFAULT = "bayesian"
SHOWN = (DEFAULT, "tpe", "cma", "random", "Optuna TPE", "SMAC3", "pycma")
FLOOR = 1e-8


def write_report(runs: pd.DataFrame, out: Path, docs: Path | None = None) -> None:
    """Write the figure, its data and versus_peers.csv, and the tables of a page; print them."""
    runs = runs.assign(log_regret=np.log10(np.maximum(runs["regret"], FLOOR)))
    versus = versus_peers(runs)
    versus.to_csv(out / "versus_peers.csv", index=False, float_format="%.3f")
    tables = {"cold regret": regret_table(runs), "peers": peer_table(versus)}
    print("\n".join(tables.values()))
    paths = draw(summarise(runs), out)
    if docs:
        write_parts(docs, tables)
        figures = docs.parents[1] / "figures"
        figures.mkdir(exist_ok=True)
        shutil.copy(paths[0], figures)


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
    `noise` is the peer's own deviation over seeds. The interval is a bootstrap over seeds;
    `behind` says that all of it lies above zero.
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
                if min(len(a), len(b)) < 2:
                    continue
                means = [rng.choice(part, (4000, len(part))).mean(axis=1) for part in (a, b)]
                low, high = np.quantile(means[0] - means[1], [0.025, 0.975])
                rows.append((peer, ours, function, len(a), len(b), a.mean(), b.mean(),
                             a.mean() - b.mean(), low, high, b.std(ddof=1),
                             bool(low > 0)))  # fmt: skip
    columns = ("peer", "ours", "function", "n_ours", "n_peer", "log10_ours", "log10_peer",
               "difference", "low", "high", "noise", "behind")  # fmt: skip
    return pd.DataFrame(rows, columns=list(columns))


def regret_table(runs: pd.DataFrame) -> str:
    """Return mean log10 regret at the largest budget and its deviation over seeds, in Markdown."""
    last = runs[runs["at"] == runs["at"].max()]
    functions = list(last["function"].unique())
    lines = [f"| | {' | '.join(functions)} | ms a suggestion | seeds |",
             f"| --- |{' ---: |' * (len(functions) + 2)}"]  # fmt: skip
    methods = last["method"].unique()
    for method in sorted(methods, key=[*names(), *PEERS].index):
        rows, cells = last[last["method"] == method], []
        for function in functions:
            values = rows.loc[rows["function"] == function, "log_regret"]
            spread = f" ± {values.std():.2f}" if len(values) > 1 else ""
            cells.append(f"{values.mean():.2f}{spread}" if len(values) else "")
        seconds = rows.groupby("function")["seconds_per_suggestion"].median()
        low, high = 1000 * seconds.min(), 1000 * seconds.max()
        name = f"`{method}`" if method in names() else method
        few, many = (f(rows.groupby("function")["seed"].nunique()) for f in (min, max))
        seeds = str(many) if few == many else f"{few}-{many}"
        lines.append(f"| {name} | {' | '.join(cells)} | {low:.2f}-{high:.2f} | {seeds} |")
    return "\n".join(lines) + "\n"


def peer_table(versus: pd.DataFrame) -> str:
    """Return the comparison with each peer, one row a pair, in Markdown."""
    functions = list(versus["function"].unique())
    lines = [f"| ours - peer | {' | '.join(functions)} |", f"| --- |{' ---: |' * len(functions)}"]
    for (peer, ours), rows in versus.groupby(["peer", "ours"], sort=False):
        found = rows.set_index("function")
        cells = []
        for function in functions:
            if function not in found.index:
                cells.append("")
                continue
            row = found.loc[function]
            cells.append(f"{row['difference']:.2f} [{row['low']:.2f}, {row['high']:.2f}]")
        lines.append(f"| `{ours}` - {peer} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw(summary: pd.DataFrame, out: Path) -> list[Path]:
    """Draw median regret over evaluations, one panel a function, quartiles as bands; save it."""
    functions = list(summary["function"].unique())
    n_columns = min(3, len(functions))
    n_rows = -(-len(functions) // n_columns)
    with styled():
        drawn, axes = figure(9.0, 2.7 * n_rows + 0.4, n_rows, n_columns)
        for ax, function in zip(axes, functions, strict=False):
            for (colour, dash, marker), method in zip(LINES, SHOWN, strict=True):
                rows = summary[(summary["function"] == function) & (summary["method"] == method)]
                if rows.empty:
                    continue
                regret, low, high = (
                    np.maximum(rows[name], FLOOR) for name in ("regret", "low", "high")
                )
                ax.fill_between(rows["at"], low, high, color=colour, alpha=0.1, lw=0)
                ax.plot(rows["at"], regret, color=colour, ls=dash, marker=marker, ms=3.5, lw=1.2,
                        label=method)  # fmt: skip
            ax.set(title=function, yscale="log", xlabel="evaluations", ylabel="median regret")
        for ax in axes[len(functions) :]:
            ax.set_axis_off()
        handles = {
            label: handle
            for ax in axes
            for handle, label in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        drawn.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=7,
                     frameon=False)  # fmt: skip
    return save(drawn, out, "cold_optimizers", summary)
