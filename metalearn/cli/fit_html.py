"""The page of `metalearn fit --html`: one file, without scripts or anything from elsewhere."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from html import escape
from typing import TYPE_CHECKING

from metalearn.cli.leaderboard import number, sentence
from metalearn.cli.recommend import short_value
from metalearn.workflows.fit.report import FitReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from metalearn.automl.held_out import ColumnImportance, HeldOut

__all__ = ["fit_html"]

_MOST_ROWS = 60
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem;color:#222}
h1{font-size:1.4rem;margin-bottom:0}h2{font-size:1.1rem;margin:2rem 0 .3rem}
p{color:#555;margin:.3rem 0}svg{max-width:100%;height:auto;display:block}
table{border-collapse:collapse;width:100%}
th{text-align:left;font-weight:600;border-bottom:2px solid #ccc;padding:.3rem .6rem}
td{border-bottom:1px solid #e5e5e5;padding:.3rem .6rem;vertical-align:top}
th.n,td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
code{font-size:.85em;color:#444}tr.member td{background:#f2f7fb}
.bar{display:flex;height:1.3rem;border-radius:3px;overflow:hidden;margin:.4rem 0}
.bar span{display:block}.key i{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 0}
.key span{white-space:nowrap;margin-right:1em}
.wide{overflow-x:auto}.wide svg{min-width:32rem}.wide table{min-width:60rem}
"""
_COLOURS = ("#56B4E9", "#0072B2", "#E69F00", "#e5e5e5")


def fit_html(report: FitReport) -> str:
    """Return the page.

    Raises:
        MissingPackageError: If matplotlib is not installed.
    """
    document = report.document
    name = escape(str(document["task"]["name"]))
    notes = "".join(f"<li>{escape(note)}</li>" for note in document["notes"])
    parts = "\n".join(
        f"<h2>{title}</h2>\n<p>{text}</p>\n{body}" for title, text, body in _sections(report)
    )
    snapshot = escape(document["snapshot"][:12] or "none")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{name}: the fit</title>\n<style>{_STYLE}</style></head><body>\n"
        f"<h1>What was fitted to {name}</h1>\n"
        f"<p>{escape(sentence(document))}</p>\n{parts}\n"
        f"<h2>What was remembered</h2>\n<p>{escape(report.remembered)}; advice came from "
        f"snapshot {snapshot}.</p>\n"
        f"{f'<h2>Notes</h2><ul>{notes}</ul>' if notes else ''}\n</body></html>\n"
    )


def _sections(report: FitReport) -> Iterator[tuple[str, str, str]]:
    """Yield title, text and body of each section that there is something to show for."""
    document = report.document
    yield "Budget", _budget_text(report), _budget_bar(report)
    if document["leaderboard"]:
        yield ("Loss against seconds, and the members", "Each dot is a configuration; the line is "
               "the lowest loss until then.", _svg(lambda: _course(report)))  # fmt: skip
    if report.held_out is not None:
        yield _errors(report.held_out)
    if report.importance is not None and report.importance.names:
        yield _importance(report.importance, document["metric"])
    if report.expected:
        from metalearn.plots.fit_report import draw_expected

        yield ("Expected and achieved", "What the memory expected of configurations before they "
               "were tried on this table, with its 80 % interval, and what they achieved.",
               _svg(lambda: draw_expected(report.expected, document["metric"])))  # fmt: skip
    if document["leaderboard"]:
        yield "Leaderboard", "Members of the ensemble are shaded.", _leaderboard(report)


def _errors(found: HeldOut) -> tuple[str, str, str]:
    from metalearn.plots import fit_report as plots

    text = "Rows that the models had not seen, each from the fold that left it out"
    if found.classes is None:
        data = plots.residual_data(found)
        return "Residuals", f"{text}.", _svg(lambda: plots.draw_residuals(data))
    table = plots.confusion_data(found)
    text += "; shaded by share of the true class."
    return "Confusion matrix", text, _svg(lambda: plots.draw_confusion(table))


def _importance(found: ColumnImportance, metric: str) -> tuple[str, str, str]:
    from metalearn.plots.fit_report import draw_importance

    some = "" if found.is_complete else ", as far as the time for it went"
    times = "once" if found.n_shuffles == 1 else f"{found.n_shuffles} times"
    text = (
        f"How much the loss ({escape(metric)}) of {found.n_rows:,} training rows rises when a "
        f"column is shuffled ({times}{some}); without shuffling it is {found.loss:.3g}. Columns "
        "that say the same share their importance."
    )
    return "Importance of columns", text, _svg(lambda: draw_importance(found))


def _course(report: FitReport) -> Figure:
    from metalearn.plots.automl_fit import draw_fit, fit_data
    from metalearn.plots.style import figure

    model = report.found.model
    drawn, axes = figure(9.6, 3.6, 1, 2)
    draw_fit(fit_data(model.leaderboard_, model.trials_, model.metric_), axes)
    return drawn


def _svg(draw: Callable[[], Figure]) -> str:
    from metalearn.plots.style import styled

    picture = io.StringIO()
    with styled():
        drawn = draw()
    with styled():
        drawn.savefig(picture, format="svg", metadata={"Date": None})
    text = picture.getvalue()
    return f'<div class="wide">{text[text.index("<svg") :]}</div>'


def _budget_text(report: FitReport) -> str:
    found = report.found
    return f"{found.seconds:.1f} seconds of {found.budget_s:g}."


def _budget_bar(report: FitReport) -> str:
    total = sum(seconds for _, seconds in report.phases) or 1.0
    parts = list(zip(report.phases, _COLOURS, strict=True))
    bar = "".join(
        f'<span style="width:{100 * seconds / total:.2f}%;background:{colour}"></span>'
        for (_, seconds), colour in parts
    )
    key = "".join(
        f'<span><i style="background:{colour}"></i>{escape(name)} {seconds:.1f} s</span> '
        for (name, seconds), colour in parts
    )
    return f'<div class="bar" role="img" aria-label="seconds">{bar}</div><p class="key">{key}</p>'


def _leaderboard(report: FitReport) -> str:
    document = report.document
    board = document["leaderboard"]
    shown = [row for row in board if row["rank"] <= _MOST_ROWS or row["weight"] > 0]
    rows = "\n".join(
        f'<tr{" class=member" if row["weight"] > 0 else ""}><td class="n">{row["rank"]}</td>'
        f"<td>{escape(row['algorithm'].replace('_', ' '))}</td>"
        f'<td class="n">{number(row["score"], ".4f")}</td>'
        f'<td class="n">{_share(row["weight"])}</td>'
        f'<td class="n">{number(row["seconds"], ".2g")}</td><td>{escape(row["source"])}</td>'
        f"<td><code>{_values(row['hyperparameters'])}</code></td></tr>"
        for row in shown
    )
    more = f"<p>{len(board) - len(shown)} more.</p>" if len(shown) < len(board) else ""
    return (
        f'<div class="wide"><table><thead><tr><th class="n"></th><th>algorithm</th>'
        f'<th class="n">{escape(document["metric"])}</th><th class="n">weight</th>'
        f'<th class="n">seconds</th><th>from</th><th>hyperparameters</th></tr></thead>'
        f"<tbody>\n{rows}\n</tbody></table></div>{more}"
    )


def _values(hyperparameters: dict[str, object]) -> str:
    return " ".join(f"{escape(n)}={escape(short_value(v))}" for n, v in hyperparameters.items())


def _share(weight: float) -> str:
    return f"{weight:.1%}" if weight > 0 else ""
