"""The recommendations as one self-contained page: no script, no file beside it."""

from __future__ import annotations

from html import escape

from metalearn.workflows.recommend.html import fragment
from metalearn.workflows.recommend.result import Recommendations

__all__ = ["recommend_html"]

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


def recommend_html(found: Recommendations) -> str:
    """Return an HTML document of the list: scores with intervals, seconds, evidence."""
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{escape(found.task.name)}: what to try</title>
<style>{_STYLE}</style></head><body>
<h1>What to try on {escape(found.task.name)}</h1>
{fragment(found)}
</body></html>
"""
