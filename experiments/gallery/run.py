"""The pictures of the gallery, each with the command that makes it.

    python experiments/gallery/run.py [--only NAME,...] [--out docs]

A command writes its page; the chart with the given label is taken out of it, with the style that
it needs. The page of the gallery is written anew if all pictures are.
"""

from __future__ import annotations

import argparse
import re
import shlex
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from metalearn.cli import main as command
from metalearn.pages.rendering import asset

ROOT = Path(__file__).resolve().parents[2]
TABLE = "examples/customers.csv --target churned --ignore customer"
CHART = re.compile(r'<svg class="chart".*?</svg>', re.DOTALL)


@dataclass(frozen=True)
class Picture:
    """A chart of the page that a command writes.

    Attributes:
        name: Name of its file.
        title: What it is.
        text: What it tells.
        command: The command, without the option that writes the page.
        label: What the label of the chart begins with.
    """

    name: str
    title: str
    text: str
    command: str
    label: str


_SVC = "importance svc"
_FIT = f"fit {TABLE} --time-budget 90 --no-remember"
_EVALUATE = "evaluate --recommenders default,portfolio,average-rank,random -k 1,3,5,10"
PICTURES = (
    Picture("task_map", "Map of tasks", "Near means similar weighted meta-features; the star is "
            "the new table, numbers are its nearest tasks.", f"similar {TABLE}", "Map of"),
    Picture("importance", "Importance", "Share of the variance of the score that each "
            "hyperparameter explains, each box over tasks.", _SVC, "Main effects"),
    Picture("average_ranks", "Average ranks of hyperparameters", "Bars join hyperparameters "
            "without a significant difference.", _SVC, "Average ranks"),
    Picture("marginal", "Marginal", "Expected score along a hyperparameter, all others averaged "
            "out; the band holds the middle half of the tasks.", _SVC,
            "Expected balanced_accuracy - task mean along gamma"),
    Picture("surface", "Surface of a pair", "Expected score over two hyperparameters.", _SVC,
            "Expected balanced_accuracy - task mean over C and gamma"),
    Picture("tunability", "Tunability", "What tuning each hyperparameter gains over the best "
            "default, each box over tasks.", "tunability svc", "Gains of tuning"),
    Picture("density", "Where good values lie", "Density of the best runs along a hyperparameter; "
            "1 is uniform.", "priors svc", ""),
    Picture("regret", "Recommenders compared", "Regret on tasks that were left out.", _EVALUATE,
            "Mean normalized regret"),
    Picture("critical_difference", "Critical differences", "Average ranks of recommenders; bars "
            "join those without a significant difference.", _EVALUATE, "Average ranks"),
    Picture("fit_course", "The course of a fit", "Each dot is a configuration, the line the "
            "lowest loss until then.", _FIT, "Lowest loss"),
    Picture("confusion", "Confusion matrix", "Rows that the models had not seen.", _FIT,
            "Confusion matrix"),
    Picture("pareto_front", "Pareto front", "No other trial is better in both objectives than one "
            "on the line.", f"optimize {TABLE} --trials 25 --no-remember "
            "--objectives log_loss,predict_seconds", ""),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    arguments = parser.parse_args()
    chosen = [p for p in PICTURES if not arguments.only or p.name in arguments.only.split(",")]
    folder = arguments.out / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    for picture in chosen:
        drawn = chart(page_of(picture.command), picture.label)
        (folder / f"{picture.name}.svg").write_text(f"{drawn}\n", encoding="utf-8")
    if len(chosen) == len(PICTURES):
        (arguments.out / "gallery.md").write_text(gallery(), encoding="utf-8")


@cache
def page_of(words: str) -> str:
    """Return the page that a command writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        argv = [str(ROOT / w) if w.startswith("examples/") else w for w in shlex.split(words)]
        kb = () if argv[0] == "evaluate" else ("--kb", str(ROOT / "data"))
        code = command([*argv, *kb, "--html", str(path), "--json"])
        if code:
            raise SystemExit(f"metalearn {words} ended with {code}")
        return path.read_text(encoding="utf-8")


def chart(page: str, label: str) -> str:
    """Return the first chart whose label begins so, as a document of its own.

    Raises:
        LookupError: If the page has none.
    """
    drawn = next((d for d in CHART.findall(page) if f'aria-label="{label}' in d), None)
    if drawn is None:
        labels = re.findall(r'aria-label="([^"]*)"', "".join(CHART.findall(page)))
        raise LookupError(f"no chart begins with {label!r}; the page has {labels}")
    rules = [line for line in asset("style.css").split("}") if line.lstrip().startswith("svg")]
    colours = asset("style.css").split("}", 1)[0] + "}"  # of light screens
    style = colours.replace(":scope", "svg") + "".join(f"{rule.strip()}}}" for rule in rules)
    opening, rest = drawn.split(">", 1)
    return f'{opening} xmlns="http://www.w3.org/2000/svg"><style>{style}</style>{rest}'


def gallery() -> str:
    """Return the page of the gallery."""
    parts = [
        "# Gallery\n",
        "Every chart is part of the page that the command below it writes, on the bundled data "
        "and the example table.\n`python experiments/gallery/run.py` makes all of them again.\n",
    ]
    for picture in PICTURES:
        parts.append(
            f"## {picture.title}\n\n![{picture.title}](gallery/{picture.name}.svg)\n\n"
            f"{picture.text}\n\n```console\n$ metalearn {picture.command} --html page.html\n```\n"
        )
    return "\n".join(parts)


if __name__ == "__main__":
    main()
