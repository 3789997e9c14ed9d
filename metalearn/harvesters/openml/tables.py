"""Data sets of OpenML as tables, through the `openml` package and its cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from metalearn.errors import InputError, MissingPackageError, UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["fetch_table"]


def fetch_table(source: str, target: str | None = None) -> tuple[pd.DataFrame, str, str]:
    """Return a data set as frame, the name of its target, and its name.

    Columns that OpenML marks as row identifier or to be ignored are left out.

    Args:
        source: `openml:DATA_ID`.
        target: Name of the target column; by default the one that OpenML declares.

    Raises:
        UsageError: If the id is not a positive number.
        MissingPackageError: If `openml` is not installed.
        InputError: If the data set is not available (no network and not in the cache, unknown,
            private), or has no single target.
    """
    text = source.removeprefix("openml:")
    if not (text.isascii() and text.isdigit()) or int(text) < 1:
        raise UsageError(f"expected openml:DATA_ID, such as openml:31, got {source!r}")
    try:
        import openml
    except ImportError:
        raise MissingPackageError("openml", "openml", f"reading {source}") from None
    try:
        data = openml.datasets.get_dataset(
            int(text),
            download_data=True,
            download_qualities=False,
            download_features_meta_data=True,
        )
        loaded = data.get_data(dataset_format="dataframe")[0]
    except (openml.exceptions.PyOpenMLError, OSError, ValueError) as error:
        raise InputError(
            f"cannot load {source}: {error}; check the id and the network. A data set that was "
            "loaded once is read from the cache of openml without a network"
        ) from error
    frame = cast("pd.DataFrame", loaded)
    chosen = target or data.default_target_attribute
    if not chosen or chosen not in frame.columns:
        known = ", ".join(map(str, frame.columns[:20]))
        raise InputError(
            f"{source} ({data.name}) has no target column {chosen!r}; name one of its "
            f"columns with --target: {known}"
        )
    left_out = {*(data.ignore_attribute or []), data.row_id_attribute} - {chosen, None}
    return frame.drop(columns=[c for c in left_out if c in frame.columns]), chosen, data.name
