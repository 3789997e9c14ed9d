"""The recommendations as one self-contained page: no script, no file beside it."""

from __future__ import annotations

from html import escape

from metalearn.workflows.recommend.result import Recommendation, Recommendations

__all__ = ["page"]

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 84rem; color: #222;
       padding: 0 1rem; }
h1 { font-size: 1.4rem; margin-bottom: 0; }
p { color: #555; margin-top: .3rem; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; border-bottom: 2px solid #ccc; padding: .4rem .6rem; }
td { border-bottom: 1px solid #e5e5e5; padding: .5rem .6rem; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font-size: .85em; color: #444; }
.bar { width: 12rem; height: 1.2rem; display: block; }
td:last-child { min-width: 19rem; }
small { color: #666; }
"""


def page(found: Recommendations) -> str:
    """Return an HTML document of the list: scores with intervals, seconds, evidence."""
    task = found.task
    classes = f", {task.n_classes} classes" if task.n_classes else ""
    bounds = [v for item in found for v in (item.score_low, item.score_high) if v == v]
    low, high = (min(bounds), max(bounds)) if bounds else (0.0, 1.0)
    rows = "\n".join(_row(item, low, max(high, low + 1e-9)) for item in found)
    notes = "".join(f"<li>{escape(note)}</li>" for note in found.notes)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(task.name)}: what to try</title>
<style>{_STYLE}</style></head><body>
<h1>What to try on {escape(task.name)}</h1>
<p>{task.kind}, {task.n_rows:,} rows, {task.n_features:,} columns{classes}; expected
{escape(found.metric.name)} with the interval that holds 80 % of the scores; recommender
{escape(found.recommender)}, snapshot {escape(found.snapshot[:12])}</p>
<table><thead><tr><th></th><th>algorithm</th><th>expected</th><th>{low:.3g} to {high:.3g}</th>
<th>seconds</th><th>hyperparameters</th><th>because of</th></tr></thead>
<tbody>
{rows}
</tbody></table>
{f"<ul>{notes}</ul>" if notes else ""}
</body></html>
"""


def _row(item: Recommendation, low: float, high: float) -> str:
    values = item.configuration.hyperparameters.items()
    listed = " ".join(f"{escape(n)}={escape(_short(v))}" for n, v in values)
    because = "<br>".join(
        f"{escape(e.task)} <small>scored {e.score:.3f}, similarity {e.similarity:.2f}</small>"
        for e in item.evidence
    )
    return (
        f'<tr><td class="number">{item.rank}</td>'
        f"<td>{escape(item.configuration.algorithm.replace('_', ' '))}</td>"
        f'<td class="number">{item.expected_score:.3f}</td>'
        f"<td>{_bar(item, low, high)}</td>"
        f'<td class="number">{item.expected_seconds:.2g}</td>'
        f"<td><code>{listed}</code></td><td>{because}</td></tr>"
    )


def _bar(item: Recommendation, low: float, high: float) -> str:
    def at(value: float) -> float:
        return 2 + 96 * (value - low) / (high - low)

    start, end, middle = at(item.score_low), at(item.score_high), at(item.expected_score)
    label = f"{item.score_low:.3f} to {item.score_high:.3f}"
    return (
        f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}"><title>{label}</title>'
        f'<rect x="{start:.1f}" y="4" width="{max(end - start, 0.5):.1f}" height="2" fill="#9bb"/>'
        f'<rect x="{middle - 0.8:.1f}" y="1" width="1.6" height="8" fill="#134"/></svg>'
    )


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
