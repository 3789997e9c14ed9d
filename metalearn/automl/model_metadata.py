"""The JSON metadata of a model file, and checks that this installation can read the model."""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd

from metalearn.core.configuration import Configuration
from metalearn.errors import InputError

__all__ = [
    "FORMAT",
    "FORMAT_VERSION",
    "check_packages",
    "check_version",
    "frame_of_records",
    "installed_version",
    "leaderboard_rows",
    "metadata_of",
    "tables_of",
]

FORMAT, FORMAT_VERSION = "metalearn model", 1
_ALWAYS = ("numpy", "pandas", "scikit-learn", "scipy", "skops", "skrub")
_LEARNERS = {"lightgbm": "lightgbm", "xgboost": "xgboost", "catboost": "catboost"}
"""Algorithms that need a package of their own."""
_SAME_MINOR = ("scikit-learn", "skrub")
"""Packages whose fitted objects cannot be read under another minor version."""
_PARAMETERS = (
    "time_budget", "memory_limit", "preset", "remember", "n_jobs", "algorithms", "final_refit",
    "calibrate", "ensemble", "stack", "infer_limit", "verbose",
)  # fmt: skip


def metadata_of(model: Any, about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of a fitted estimator, as values that JSON can hold."""
    ensemble = model.ensemble_
    names = getattr(model, "feature_names_in_", None)
    columns = [f"{j}" for j in range(model.n_features_in_)] if names is None else list(names)
    dtypes = model.dtypes_ or ("",) * len(columns)
    used = {member.configuration.algorithm for member in ensemble.members}
    packages = (*_ALWAYS, *(package for a, package in _LEARNERS.items() if a in used))
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "packages": {"metalearn": _own_version(), **{p: installed_version(p) for p in packages}},
        "estimator": type(model).__name__,
        "parameters": {n: _plain(getattr(model, n)) for n in _PARAMETERS},
        "task": ensemble.kind,
        "columns": [
            {"name": str(name), "dtype": dtype}
            for name, dtype in zip(columns, dtypes, strict=True)
        ],
        "has_names": names is not None,
        "classes": None if ensemble.classes is None else _plain(list(ensemble.classes)),
        "metric": model.metric_,
        "score": _plain(model.score_),
        "snapshot": model.snapshot_,
        "members": [
            {
                "algorithm": member.configuration.algorithm,
                "hyperparameters": dict(member.configuration.hyperparameters),
                "weight": float(weight),
                "is_refitted": bool(member.is_refitted),
            }
            for member, weight in zip(ensemble.members, ensemble.weights, strict=True)
        ],
        "leaderboard": _records(model.leaderboard_),
        "trials": _records(model.trials_),
        "notes": list(model.notes_),
        "about": _plain(dict(about)),
    }


def check_version(path: str, metadata: Mapping[str, Any]) -> None:
    """Raise InputError if the file has a format that is newer than this package."""
    found = metadata.get("format_version")
    if not isinstance(found, int) or found > FORMAT_VERSION:
        raise InputError(
            f"{path!r} has format {found}, this version of metalearn reads up to "
            f"{FORMAT_VERSION}; install the version that wrote it "
            f"({(metadata.get('packages') or {}).get('metalearn', 'unknown')}) or a newer one"
        )


def check_packages(path: str, metadata: Mapping[str, Any]) -> None:
    """Raise InputError if a package of the file is missing here, older, or too different."""
    wrong, install = [], []
    for package, wanted in dict(metadata.get("packages") or {}).items():
        if package not in (*_ALWAYS, *_LEARNERS.values()):
            continue
        here = installed_version(package)
        if here is None:
            wrong.append(f"{package} {wanted} is not installed")
        elif package in _SAME_MINOR and _minor(here) != _minor(str(wanted)):
            wrong.append(f"{package} is {here}, the model needs {_minor_text(str(wanted))}.*")
        elif _minor(here) < _minor(str(wanted)):
            wrong.append(f"{package} is {here}, the model was fitted with {wanted}")
        else:
            continue
        exact = package in _SAME_MINOR
        install.append(
            f"'{package}=={_minor_text(str(wanted))}.*'" if exact else f"'{package}>={wanted}'"
        )
    if wrong:
        raise InputError(
            f"{path!r} does not fit the packages of this environment: {'; '.join(wrong)}. Run: "
            f"pip install {' '.join(install)}, or fit the model again here"
        )


def tables_of(metadata: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the records of leaderboard and trials."""
    return metadata["leaderboard"], metadata["trials"]


def frame_of_records(table: Mapping[str, Any]) -> pd.DataFrame:
    """Return a table of a fit from its columns; configurations become objects again."""
    columns: dict[str, Any] = {}
    for name, values in table.items():
        if name == "configuration":
            columns[name] = [Configuration(c["algorithm"], c["hyperparameters"]) for c in values]
        elif any(isinstance(v, float) or v is None for v in values):
            columns[name] = pd.Series(values, dtype="float64")
        else:
            columns[name] = values
    return pd.DataFrame(columns)


def _records(frame: pd.DataFrame) -> dict[str, Any]:
    """Return a table of a fit as columns of plain values."""
    return {str(name): _plain(frame[name].tolist()) for name in frame.columns}


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it; what is not finite becomes None."""
    if isinstance(value, Configuration):
        return {"algorithm": value.algorithm, "hyperparameters": dict(value.hyperparameters)}
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | np.ndarray):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)


def _own_version() -> str:
    from metalearn import __version__

    return __version__


def installed_version(package: str) -> str | None:
    """Return the version of a package here, whichever distribution brings it; None if absent."""
    for name in (package, f"{package}-cpu"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return None


def _minor(text: str) -> tuple[int, int]:
    parts = [*text.split("."), "0"][:2]
    try:
        return int(parts[0]), int(parts[1])
    except ValueError:
        return (0, 0)


def _minor_text(text: str) -> str:
    return ".".join(map(str, _minor(text)))


def leaderboard_rows(metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the leaderboard as one dictionary a row, hyperparameters as a dictionary."""
    table = metadata["leaderboard"]
    rows = [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]
    for row in rows:
        row.pop("configuration", None)
        row["hyperparameters"] = json.loads(row["hyperparameters"])
    return rows
