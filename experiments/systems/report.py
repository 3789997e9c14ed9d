"""Writes the page of the comparison of presets from its fits.

    python experiments/systems/report.py [DIR] [--docs docs/evidence/systems.md]

DIR is a folder of `metalearn evaluate --systems --out DIR`. Tables on which a system was not
played, since the comparison was stopped, are left out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from metalearn.automl.strategies import names
from metalearn.plots.style import save
from metalearn.plots.system_evaluation import draw_system_curves, system_curves_data
from metalearn.workflows.evaluate.systems.alone import KeptRows
from metalearn.workflows.evaluate.systems.one_fit import FOREST
from metalearn.workflows.evaluate.systems.result import SystemEvaluation
from metalearn.workflows.evaluate.systems.run import IDENTITY, ROWS

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

HERE = Path(__file__).parent


def evaluation(fits: Sequence[Mapping[str, Any]]) -> SystemEvaluation:
    """Return the evaluation of the tables on which all systems were played.

    Raises:
        SystemExit: If there is none, or the fits are of several comparisons.
    """
    if len({(fit["budget_s"], fit["seed"]) for fit in fits}) != 1:
        raise SystemExit("expected the fits of one comparison: one budget and one seed")
    played = {fit["system"] for fit in fits}
    systems = [name for name in (*names(), FOREST) if name in played]
    n_splits = 1 + max(int(fit["split"]) for fit in fits)
    per_table: dict[str, int] = {}
    for fit in fits:
        per_table[fit["table"]] = per_table.get(fit["table"], 0) + 1
    complete = [fit for fit in fits if per_table[fit["table"]] == n_splits * len(systems)]
    if not complete:
        raise SystemExit("no table was played by all systems on all splits; go on first")
    return SystemEvaluation.of(
        complete, systems, fits[0]["budget_s"], n_splits, int(fits[0]["seed"])
    )


def ranks_table(found: SystemEvaluation) -> str:
    """Return the table of ranks, wins and costs."""
    against = {c.system: c for c in found.against(FOREST)}
    cpu = {s: np.nanmean([f.get("cpu_s", np.nan) for f in found.fits if f["system"] == s])
           for s in found.systems}  # fmt: skip
    lines = [
        "| preset | mean rank | 95 % interval | scaled loss | against the forest | trials "
        "| processor s | failed |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in found.rows:
        beside = against.get(row.system)
        wins = "" if beside is None else f"{beside.wins}/{beside.ties}/{beside.losses}"
        trials = "" if np.isnan(row.n_trials) else f"{row.n_trials:.0f}"
        lines.append(
            f"| `{row.system}` | {row.rank_mean:.2f} | {row.rank_low:.1f} to {row.rank_high:.1f} "
            f"| {row.loss_mean:.2f} | {wins} | {trials} | {cpu[row.system]:.1f} | {row.n_failed} |"
        )
    difference = found.critical_difference
    lines += ["", f"{len(found.tables)} tables ({', '.join(f'`{t}`' for t in found.tables)}), "
              f"{found.n_splits} split{'s' * (found.n_splits > 1)}, {found.budget_s:g} s a fit; "
              f"critical difference of mean ranks (Nemenyi, 5 %): {difference:.1f}; Friedman's "
              f"test: p = {found.p_value:.2g}."]  # fmt: skip
    return "\n".join(lines)


def verdict(found: SystemEvaluation) -> str:
    """Return who is ahead, who is behind the forest, and what failed, in words."""
    first, second = sorted(found.rows, key=lambda row: row.rank_mean)[:2]
    behind = [c.system for c in found.against(FOREST) if c.losses >= c.wins]
    n_failed = sum(row.n_failed for row in found.rows)
    late = [f for f in found.fits if f["fit_s"] > 1.05 * found.budget_s + 1.0]
    named = ", ".join(f"`{system}`" for system in behind)
    forest = (
        f"Not ahead of the untuned forest on most tables: {named}."
        if behind
        else "Every preset is ahead of the untuned forest on most tables."
    )
    return (
        f"`{first.system}` has the best mean rank: {first.rank_mean:.2f} ({first.rank_low:.1f} to "
        f"{first.rank_high:.1f}); the next, `{second.system}`, has {second.rank_mean:.2f}. "
        f"{forest} {n_failed} of {len(found.fits)} fits failed, and {len(late)} were late."
    )


def losses_table(found: SystemEvaluation) -> str:
    """Return the test loss of each system on each table."""
    lines = [
        "| preset | " + " | ".join(f"`{table}`" for table in found.tables) + " |",
        "| --- |" + " ---: |" * len(found.tables),
    ]
    for row in found.rows:
        values = found.losses[:, found.systems.index(row.system)]
        cells = [f"{value:.4g}" if np.isfinite(value) else "failed" for value in values]
        lines.append(f"| `{row.system}` | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> SystemEvaluation:
    """Print the tables; write them and the figure if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=HERE / "results")
    parser.add_argument("--docs", type=Path, help="the page; the figure goes to ../figures")
    asked = parser.parse_args(arguments)
    found = evaluation(KeptRows(asked.folder / ROWS, IDENTITY).rows)
    parts = {
        "verdict": verdict(found), "ranks": ranks_table(found), "losses": losses_table(found)
    }  # fmt: skip
    print("\n\n".join(parts.values()))
    if asked.docs is not None:
        write_parts(asked.docs, parts)
        figures = asked.docs.parents[1] / "figures"
        figures.mkdir(exist_ok=True)
        curves = system_curves_data(found)
        drawn = draw_system_curves(curves)
        for path in save(drawn, figures, "systems_seconds", curves.to_frame()):
            if path.suffix != ".svg":
                path.unlink()
    return found


if __name__ == "__main__":
    main()
