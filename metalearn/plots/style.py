"""How all figures look and are saved: vector and pixels, the data beside them, readable in grey.

Colours are those of Okabe and Ito (2008), distinguishable with any colour vision; lines also
differ in dash and marker, areas in lightness, so a grey print loses nothing. Figures are built
without pyplot, so nothing global is touched.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from metalearn.errors import MissingPackageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "DARK",
    "DOUBT",
    "LIGHT",
    "LINES",
    "ORANGE",
    "figure",
    "line",
    "log_axis",
    "log_ticks",
    "save",
    "short_names",
    "styled",
]

_DRAWN: ContextVar[list[Figure]] = ContextVar("figures drawn in this style")
DARK, LIGHT, BLUE, ORANGE = "#222222", "#d9d9d9", "#0072B2", "#E69F00"
DOUBT = "#A33B00"
_LOG_SCALES = ("log", "symlog")  # the labels of `log_axis` are formulas
# (colour, dash, marker) of the first, second, ... line of a figure; lightness falls as well.
LINES = (
    ("#000000", "-", "o"),
    ("#0072B2", "--", "s"),
    ("#E69F00", "-.", "^"),
    ("#56B4E9", ":", "D"),
    ("#D55E00", (0, (5, 1)), "v"),
    ("#CC79A7", (0, (3, 1, 1, 1)), "P"),
    ("#009E73", (0, (1, 1)), "X"),
)


def line(i: int) -> tuple[str, object, str]:
    """Return colour, dash and marker of the i-th line of a figure; no two of 49 are alike.

    >>> line(7)[0] == line(0)[0], line(7)[1] == line(0)[1]
    (True, False)
    """
    turn, place = divmod(i, len(LINES))
    colour = LINES[place][0]
    dash, marker = LINES[(place + 2 * turn) % len(LINES)][1:]
    return colour, dash, marker


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save in the common style; nothing remains set afterwards.

    Raises:
        MissingPackageError: If matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise MissingPackageError("matplotlib", "plots", "drawing figures") from error
    with matplotlib.rc_context(
        {
            "font.size": 9.0,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.linewidth": 0.8,
            "svg.hashsalt": "metalearn",
            "svg.fonttype": "none",
        }
    ):
        token = _DRAWN.set([])
        try:
            yield
            for drawn in _DRAWN.get():
                _without_formulas(drawn)
        finally:
            _DRAWN.reset(token)


def _without_formulas(drawn: Figure) -> None:
    """Show a dollar sign in a name as it is; only numbers at ticks may be formulas."""
    from matplotlib.text import Text
    from matplotlib.ticker import FixedFormatter, LogFormatter, ScalarFormatter

    numbers: set[int] = set()
    for ax in drawn.axes:
        for axis in (ax.xaxis, ax.yaxis):
            labels = axis.get_ticklabels(which="both")
            form = axis.get_major_formatter()
            powers = isinstance(form, FixedFormatter) and axis.get_scale() in _LOG_SCALES
            if powers or isinstance(form, (LogFormatter, ScalarFormatter)):
                numbers.update(map(id, (*labels, axis.offsetText)))
    for text in drawn.findobj(Text):
        if id(text) not in numbers and isinstance(text, Text):
            text.set_parse_math(False)


def short_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names without the path in front, `classifier__max_depth` -> `max_depth`.

    Sets of names (`a / b`) are shortened one by one; names that would become equal stay long.
    """
    short = [" / ".join(part.rsplit("__", 1)[-1] for part in n.split(" / ")) for n in names]
    return tuple(s if short.count(s) == 1 else n for s, n in zip(short, names, strict=True))


def figure(
    width: float, height: float, n_rows: int = 1, n_columns: int = 1
) -> tuple[Figure, list[Axes]]:
    """Return an empty figure of this size (inches) and its axes, row by row."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingPackageError("matplotlib", "plots", "drawing figures") from error
    drawn = Figure(figsize=(width, height), layout="constrained")
    _DRAWN.get([]).append(drawn)
    axes = drawn.subplots(n_rows, n_columns, squeeze=False)
    return drawn, [ax for row in axes for ax in row]


def log_axis(
    ax: Axes, which: Literal["x", "y"] = "x", *, most: int = 4, shift: float = 0.0
) -> None:
    """Make an axis logarithmic, with at most so many labels, which never overprint.

    Over two decades or more the labels are powers of ten at equal steps; over less, round numbers
    at equal ratios. With a shift, 0 has a place one step below it.
    """
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullFormatter, NullLocator

    set_scale = ax.set_xscale if which == "x" else ax.set_yscale
    ends = ax.get_xlim if which == "x" else ax.get_ylim
    if shift:
        set_scale("symlog", linthresh=shift)
        high = max(ends())
        powers = log_ticks(shift, max(high, 2 * shift), most - 1)
        ticks = [(0.0, "0"), *(tick for tick in powers if tick[0] >= 10 * shift)]
    else:
        set_scale("log")
        low, high = sorted(ends())
        ticks = log_ticks(low, high, most)
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_major_locator(FixedLocator([value for value, _ in ticks]))
    axis.set_major_formatter(FixedFormatter([text for _, text in ticks]))
    axis.set_minor_locator(NullLocator())
    axis.set_minor_formatter(NullFormatter())


def log_ticks(low: float, high: float, most: int = 4) -> list[tuple[float, str]]:
    """Return places and labels of ticks between two positive numbers.

    >>> [text for _, text in log_ticks(1e-10, 1.0)]
    ['$10^{-9}$', '$10^{-6}$', '$10^{-3}$', '$10^{0}$']
    >>> [text for _, text in log_ticks(0.5, 20.0)]
    ['0.5', '1.7', '5.8', '20']
    """
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last - first >= 2:
        step = -(-(last - first + 1) // most)
        powers = range(last, first - 1, -step)
        return [(10.0**k, f"$10^{{{k}}}$") for k in reversed(powers)]
    places = {float(f"{v:.2g}") for v in np.geomspace(low, high, most)}
    return [(v, f"{v:g}") for v in sorted(places) if low * 0.99 <= v <= high * 1.01]


def save(drawn: Figure, folder: Path, name: str, data: pd.DataFrame) -> list[Path]:
    """Write `name.svg`, `name.png` and the data as `name.csv`; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.{kind}" for kind in ("svg", "png", "csv")]
    with styled():
        drawn.savefig(paths[0], metadata={"Date": None})
        drawn.savefig(paths[1], dpi=130)
    data.to_csv(paths[2], index=False, float_format="%.6g")
    return paths
