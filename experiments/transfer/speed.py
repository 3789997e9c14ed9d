"""How long does a suggestion take that learns from other tasks?

    python experiments/transfer/speed.py [--sources 50] [--runs 200] [--observed 200] [--out DIR]
        [--surrogates S ...] [--docs] [--smoke]

One search of the space of Hartmann's function of six axes, with source tasks that are shifted
copies of it, every one with runs of its own, and the prior made of these. `observed` losses are
told at random points, then suggestions are asked for and answered one by one. Counted are
processor seconds, on one thread: `first` learns from the sources (networks are trained, none is
taken from the cache), `next` is the median of the following ones. Printed is also by how much the
deviations of so many sources, which are reduced to what each learned most about, are off on
average. `--docs` writes the surrogates without a network into docs/evidence/surrogates.md, and
those with one, after the default, into docs/evidence/learned.md: a table of which all surrogates
were measured.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd

from metalearn.core.history import History
from metalearn.core.metric import Metric
from metalearn.core.trial import Trial
from metalearn.core.warm_start import WarmStart
from metalearn.histories.runs import Runs
from metalearn.optimizers.bayesian import Bayesian
from metalearn.priors import kde
from metalearn.surrogates import names
from metalearn.surrogates.source_tasks import fit_sources
from metalearn.testing.functions import FUNCTIONS, shifted_source

sys.path.append(str(Path(__file__).resolve().parents[2]))  # for what experiments share
from experiments.pages import write_parts

HERE = Path(__file__).resolve().parent
EVIDENCE = HERE.parents[1] / "docs" / "evidence"
NETWORKS = ("fsbo", "fsbo-frozen", "hyperbo", "ablr-network", "multitask-network",
            "soft-taf-deep")  # fmt: skip
TABLES = {
    ("surrogates.md", "speed"): tuple(name for name in names() if name not in NETWORKS),
    ("learned.md", "speed"): ("soft-taf", *NETWORKS),
}
"""Surrogates of each table by page and name of the part."""
FUNCTION = FUNCTIONS["hartmann6"]
REPEATS = 7


def sources_of(n_sources: int, n_runs: int, rng: np.random.Generator) -> tuple[History, ...]:
    """Return shifted copies of the function, each with runs of its own."""
    drawn = (shifted_source(FUNCTION, n_runs, rng) for _ in range(n_sources))
    return tuple(replace(source, task=f"source {i}") for i, source in enumerate(drawn))


def error_of_deviations(n_sources: int, n_runs: int) -> float:
    """Return by what share the deviations of many sources are off, on average.

    At 1,000 uniform points (`metalearn.numerics.gaussian_process.linear_deviations`).
    """
    rng = np.random.default_rng(0)
    warm = WarmStart(FUNCTION.space, sources=sources_of(n_sources, n_runs, rng))
    model, every = fit_sources(warm).model, np.arange(n_sources)
    X = rng.random((1000, FUNCTION.space.n_axes))
    return float(np.abs(model.stds(X) / model.stds(X, every, exact=True) - 1.0).mean())


def measured(surrogate: str, n_sources: int, n_runs: int, n_observed: int) -> dict[str, object]:
    """Return processor seconds of the first and of further suggestions."""
    rng = np.random.default_rng(0)
    sources = sources_of(n_sources, n_runs, rng)
    prior = kde(Runs(FUNCTION.space, Metric("loss", greater_is_better=False), sources))
    told = FUNCTION.space.sample(n_observed, rng)
    observed = tuple(Trial(c).finished(FUNCTION.loss(c)) for c in told)
    warm = WarmStart(FUNCTION.space, sources=sources, prior=prior, observations=observed)
    search = Bayesian(FUNCTION.space, initial=warm, rng=rng, surrogate=surrogate)
    spent = []
    with tempfile.TemporaryDirectory() as empty, patch.dict(os.environ, METALEARN_CACHE=empty):
        for _ in range(REPEATS + 1):
            started = time.process_time()
            (trial,) = search.ask()
            spent.append(time.process_time() - started)
            search.tell(trial.finished(FUNCTION.loss(trial.configuration)))
    return {"surrogate": surrogate, "sources": n_sources, "runs": n_runs, "observed": n_observed,
            "first_s": round(spent[0], 3), "next_s": round(float(np.median(spent[1:])), 3),
            "worst_s": round(max(spent[1:]), 3)}  # fmt: skip


def table(found: pd.DataFrame) -> str:
    """Return the seconds as a Markdown table."""
    lines = ["| surrogate | first | then |", "| --- | ---: | ---: |"]
    lines += [
        f"| {row.surrogate} | {row.first_s:.2f} | {row.next_s:.2f} |" for row in found.itertuples()
    ]
    return "\n".join(lines)


def write_docs(found: pd.DataFrame, evidence: Path = EVIDENCE) -> None:
    """Write the tables into the pages of which all surrogates were measured."""
    for (page, part), members in TABLES.items():
        if set(members) <= set(found["surrogate"]):
            write_parts(evidence / page, {part: table(found[found["surrogate"].isin(members)])})


def main() -> None:
    """Measure, print, write speed.csv."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=int, default=50)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--observed", type=int, default=200)
    parser.add_argument("--surrogates", nargs="+", default=names())
    parser.add_argument("--out", type=Path, default=HERE / "out")
    parser.add_argument("--docs", action="store_true", help="write the table into the docs")
    parser.add_argument("--smoke", action="store_true")
    arguments = parser.parse_args()
    sizes = (arguments.sources, arguments.runs, arguments.observed)
    sizes = (3, 30, 20) if arguments.smoke else sizes
    rows = []
    for surrogate in arguments.surrogates:
        rows.append(measured(surrogate, *sizes))
        print(rows[-1], flush=True)
    arguments.out.mkdir(parents=True, exist_ok=True)
    off = error_of_deviations(*sizes[:2])
    print(f"deviations of {sizes[0]} sources: {off:.1%} off on average")
    found = pd.DataFrame(rows)
    found.to_csv(arguments.out / "speed.csv", index=False)
    if arguments.docs:
        write_docs(found)


if __name__ == "__main__":
    main()
