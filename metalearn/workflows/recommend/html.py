"""The list as an HTML fragment for notebooks and pages, without scripts or extra files."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metalearn.workflows.recommend.result import Evidence, Recommendation, Recommendations

__all__ = ["fragment"]

_N_TRIED = 5


def fragment(found: Recommendations) -> str:
    """Return the list as an HTML fragment."""
    task = found.task
    classes = f", {task.n_classes} classes" if task.n_classes else ""
    known = [v for item in found for v in (item.score_low, item.score_high) if v == v]
    bounds = [*known, *([found.dummy_score] if found.dummy_score == found.dummy_score else [])]
    low, high = (min(bounds), max(bounds)) if known else (0.0, 1.0)
    rows = "\n".join(_row(item, low, max(high, low + 1e-9), found.dummy_score) for item in found)
    notes = "".join(f"<li>{escape(note)}</li>" for note in found.notes)
    tried = "".join(
        f"<li>{escape(str(t.configuration))}: {t.score:.3f}</li>" for t in found.tried[:_N_TRIED]
    )
    dummy = f"{found.dummy_score:.3g}" if found.dummy_score == found.dummy_score else "not known"
    return f"""<p>{task.kind}, {task.n_rows:,} rows, {task.n_features:,} columns{classes}; expected
{escape(found.metric.name)} with the interval that holds 80 % of the scores; a dummy (constant
prediction, the dotted line) scores {dummy}; recommender {escape(found.recommender)}, snapshot
{escape(found.snapshot[:12])}</p>
<table><thead><tr><th></th><th>algorithm</th><th>expected</th><th>{low:.3g} to {high:.3g}</th>
<th>seconds</th><th>hyperparameters</th><th>because of</th></tr></thead>
<tbody>
{rows}
</tbody></table>
{f"<p>Tried on this table before:</p><ul>{tried}</ul>" if tried else ""}
{f"<ul>{notes}</ul>" if notes else ""}"""


def _row(item: Recommendation, low: float, high: float, dummy: float) -> str:
    values = item.configuration.hyperparameters.items()
    listed = " ".join(f"{escape(n)}={escape(_short(v))}" for n, v in values)
    because = "<br>".join(
        f"{escape(e.task)} <small>scored {_score(e)}, similarity {e.similarity:.2f}</small>"
        for e in item.evidence
    )
    return (
        f'<tr><td class="number">{item.rank}</td>'
        f"<td>{escape(item.configuration.algorithm.replace('_', ' '))}</td>"
        f'<td class="number">{item.expected_score:.3f}</td>'
        f"<td>{_bar(item, low, high, dummy)}</td>"
        f'<td class="number">{item.expected_seconds:.2g}</td>'
        f"<td><code>{listed}</code></td><td>{because}</td></tr>"
    )


def _score(evidence: Evidence) -> str:
    """Return a score as text; in the unit of another task's target, relative to its dummy."""
    if evidence.relative_score is None:
        return f"{evidence.score:.3f}"
    return f"{evidence.relative_score:.2f} of the dummy's"


def _bar(item: Recommendation, low: float, high: float, dummy: float) -> str:
    def at(value: float) -> float:
        return 2 + 96 * (value - low) / (high - low)

    start, end, middle = at(item.score_low), at(item.score_high), at(item.expected_score)
    floor = f'<line x1="{at(dummy):.1f}" x2="{at(dummy):.1f}" y1="0" y2="10" stroke="#a55" ' \
        'stroke-width=".8" stroke-dasharray="1.5 1.5"/>' if dummy == dummy else ""  # fmt: skip
    label = f"{item.score_low:.3f} to {item.score_high:.3f}"
    return (
        f'<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}"><title>{label}</title>'
        f'<rect x="{start:.1f}" y="4" width="{max(end - start, 0.5):.1f}" height="2" fill="#9bb"/>'
        f'<rect x="{middle - 0.8:.1f}" y="1" width="1.6" height="8" fill="#134"/>'
        f"{floor}</svg>"
    )


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
