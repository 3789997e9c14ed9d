"""Labels of logarithmic axes: powers of ten as formulas, a place for 0, none beyond the others."""

from __future__ import annotations

import numpy as np
import pytest

from metalearn.plots.style import figure, log_axis, styled


@pytest.mark.parametrize(
    ("values", "shift", "texts"),
    [
        (np.geomspace(1e-6, 1.0, 50), 0.0, ["$10^{-6}$", "$10^{-4}$", "$10^{-2}$", "$10^{0}$"]),
        (np.r_[0.0, np.geomspace(1e-6, 1.0, 50)], 1e-6, ["0", "$10^{-3}$", "$10^{0}$"]),
    ],
)
def test_labels(values, shift, texts):
    with styled():
        _, (ax,) = figure(3.0, 2.0)
        ax.plot(values, np.arange(len(values)))
        log_axis(ax, shift=shift)
    low, high = ax.get_xlim()
    ends = ax.transData.inverted().transform(ax.transAxes.transform([(0, 0), (1, 0)]))[:, 0]
    assert ends == pytest.approx([low, high])
    width = (
        ax.transData.transform([(values[-1], 0)])[0, 0]
        - ax.transData.transform([(values[0], 0)])[0, 0]
    )
    assert width > 0.8 * ax.bbox.width  # the values fill the axis
    shown = [label.get_text() for label in ax.get_xticklabels()]
    assert shown == texts
    assert all(label.get_parse_math() for label in ax.get_xticklabels())
