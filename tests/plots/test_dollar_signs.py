"""Names with dollar signs are names, in every figure."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from metalearn.plots.style import figure, save, styled


@pytest.mark.parametrize("name", ["cost_$", "a$b_{c$", "$\\frac$", "$x^2$"])
def test_a_dollar_sign_is_not_a_formula(name: str, tmp_path: Path) -> None:
    with styled():
        drawn, (ax,) = figure(3, 2)
        ax.barh([0, 1], [1, 1000])
        ax.set_yticks([0, 1], labels=[name, "b"])
        ax.set_xscale("log")
        ax.set_xlabel(name)
        ax.set_title(name)
        ax.plot([1, 2], [0, 1], label=name)
        ax.legend()
        ax.text(1, 1, name)
    paths = save(drawn, tmp_path, "plot", pd.DataFrame({"a": [1]}))
    picture = paths[0].read_text()
    from html import escape

    assert picture.count(f">{escape(name, quote=False)}<") == 5
    assert ">$\\mathdefault" not in picture  # numbers at a logarithmic axis are still drawn
