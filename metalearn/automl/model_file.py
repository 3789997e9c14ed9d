"""A fitted AutoML model as a file: a ZIP of `metadata.json` and `model.skops`.

`metadata.json` (schema: `docs/guides/fit.md`) describes the model, for programs and people. It can
be read without loading the model. `model.skops` holds the fitted ensemble in the format of skops:
JSON and arrays. Reading creates objects of the listed types only (`trusted_types`) and, unlike a
pickle, runs no code from the file.

The file is written under another name and then renamed, so that no partial file gets its name.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metalearn.automl.model_metadata import (
    FORMAT,
    check_packages,
    check_version,
    frame_of_records,
    metadata_of,
    tables_of,
)
from metalearn.automl.object_graph import put_together, reachable, taken_apart
from metalearn.automl.tree_checks import check_trees
from metalearn.automl.trusted_types import TRUSTED
from metalearn.errors import InputError, UsageError

if TYPE_CHECKING:
    from metalearn.automl.estimators import AutoMLClassifier, AutoMLLearner, AutoMLRegressor
    from metalearn.automl.predictor import Ensemble

    AutoMLModel = AutoMLClassifier | AutoMLRegressor | AutoMLLearner

__all__ = ["load_model", "read_metadata", "save_model"]

_METADATA, _OBJECTS = "metadata.json", "model.skops"
_LARGEST_FACTOR, _LARGEST_SMALL = 300, 50_000_000
"""Largest ratio of the unpacked to the packed size of a part, unless it is small."""


def save_model(
    model: AutoMLModel, path: str | Path, *, about: Mapping[str, Any] | None = None
) -> None:
    """Write a fitted model to a file; a file of that name is replaced.

    Args:
        model: A fitted estimator of `metalearn.automl`.
        path: Where to; its folder exists.
        about: What else to note in the metadata, under `about`: values that JSON can hold.

    Raises:
        UsageError: If the model is not fitted, or holds an object that no model file may hold.
        InputError: If the file cannot be written.
    """
    if not hasattr(model, "ensemble_"):
        raise UsageError("the model is not fitted; call fit(X, y) first, then save it")
    place = Path(os.path.realpath(path))
    if place.exists() and not place.is_file():
        raise InputError(
            f"cannot write the model to {str(path)!r}: it is a folder, pipe or device; name a file"
        )
    objects = _packed(model)
    metadata = json.dumps(metadata_of(model, about or {}), indent=1, allow_nan=False)
    try:
        with _replacing(place) as file, zipfile.ZipFile(file, "w") as archive:
            archive.writestr(_METADATA, metadata, zipfile.ZIP_DEFLATED)
            archive.writestr(_OBJECTS, objects)
    except OSError as error:
        raise InputError(
            f"cannot write the model to {str(path)!r}: {error.strerror or error}; free space or "
            "name another file"
        ) from error


def load_model(path: str | Path) -> AutoMLModel:
    """Return the model that a file holds; nothing in the file can run code.

    Args:
        path: A file written by `save_model` or `metalearn fit --output`.

    Raises:
        InputError: If it is no model file, is damaged, holds types that are not trusted, or was
            written by newer or incompatible packages.
    """
    metadata = read_metadata(path)
    check_packages(str(path), metadata)
    with _opened(path) as archive:
        objects = _part(str(path), archive, _OBJECTS)
    return _model(metadata, _unpacked(str(path), objects))


def read_metadata(path: str | Path) -> dict[str, Any]:
    """Return the metadata of a model file, without loading the model.

    Raises:
        InputError: If it is no model file, is damaged, or has a newer format.
    """
    with _opened(path) as archive:
        text = _part(str(path), archive, _METADATA)
    try:
        metadata = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _foreign(str(path), "its metadata cannot be read") from error
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise _foreign(str(path), "its metadata are not those of a model")
    check_version(str(path), metadata)
    return metadata


def _packed(model: AutoMLModel) -> bytes:
    objects = taken_apart(model.ensemble_, model.best_pipeline_)
    _forget_texts(objects["preparations"])
    packed = _dumped(objects)
    unknown = _untrusted(packed)
    if unknown:
        raise UsageError(
            f"the model holds objects of types that a model file may not hold: "
            f"{', '.join(unknown)}; fit with other learners (algorithms=...)"
        )
    return packed


def _dumped(objects: Any) -> bytes:
    """Return what `skops.io.dumps` returns, without its indentation, which takes minutes."""
    import skops
    from skops.io._utils import SaveContext, get_state

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        context = SaveContext(zip_file=archive)
        state = get_state(objects, context)
        context.clear_memo()
        state |= {"protocol": context.protocol, "_skops_version": skops.__version__}
        archive.writestr("schema.json", json.dumps(state))
    return buffer.getvalue()


def _forget_texts(objects: Any) -> None:
    """Empty the caches of text encoders: they hold texts of the table, and are only for speed."""
    for found in reachable(objects):
        cache = getattr(getattr(found, "hash_dict_", None), "cache", None)
        if cache is not None:
            cache.clear()


def _unpacked(path: str, packed: bytes) -> tuple[Ensemble, Any]:
    import skops.io

    try:
        types = _types_in(packed)
        unknown = sorted(types - TRUSTED)
        if not unknown:  # skops compares each object with all types that it is given: few
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                objects = skops.io.loads(packed, trusted=sorted(types))
            check_trees(objects)
    except InputError:
        raise
    except Exception as error:  # any error that a forged or damaged file causes
        raise _damaged(path, f"{type(error).__name__}: {str(error)[:200]}") from error
    if unknown:
        raise InputError(
            f"{path!r} holds objects of types that are not trusted: {', '.join(unknown[:10])}. "
            "A model file of ours never does, so nothing was loaded; get the file from whoever "
            "fitted the model, or fit it again (metalearn fit ... --output MODEL)"
        )
    try:
        return put_together(objects)
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise _damaged(path, "its parts do not belong together") from error


def _untrusted(packed: bytes) -> list[str]:
    """Return the full names of all types in a dump of skops that are not trusted, sorted."""
    return sorted(_types_in(packed) - TRUSTED)


def _types_in(packed: bytes) -> set[str]:
    """Return the full names of all types and functions in a dump of skops."""
    found: set[str] = set()

    def note(part: dict[str, Any]) -> None:
        if "__loader__" in part or "__class__" in part:
            found.add(f"{part.get('__module__')}.{part.get('__class__')}")

    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        json.loads(_part("model.skops", archive, "schema.json"), object_hook=note)
        _check_sizes("model.skops", archive)
    return found


def _model(metadata: dict[str, Any], objects: tuple[Ensemble, Any]) -> AutoMLModel:
    from metalearn.automl import estimators
    from metalearn.automl.fitting import Fitted

    known = {"AutoMLClassifier", "AutoMLRegressor", "AutoMLLearner"}
    name = metadata["estimator"] if metadata["estimator"] in known else "AutoMLLearner"
    ensemble, best_pipeline = objects
    model: AutoMLModel = getattr(estimators, name)(**metadata["parameters"])
    board, trials = (frame_of_records(records) for records in tables_of(metadata))
    model._take(
        Fitted(
            columns=tuple(column["name"] for column in metadata["columns"]),
            has_names=metadata["has_names"],
            ensemble=ensemble,
            leaderboard=board,
            trials=trials,
            metric=metadata["metric"],
            score=float("nan") if metadata["score"] is None else float(metadata["score"]),
            notes=tuple(metadata["notes"]),
            best_pipeline=best_pipeline,
            session=None,
            dtypes=tuple(column["dtype"] for column in metadata["columns"]),
            snapshot=metadata["snapshot"],
        )
    )
    return model


@contextlib.contextmanager
def _opened(path: str | Path) -> Any:  # a context of a ZipFile
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            _check_sizes(str(path), archive)
            yield archive
    except FileNotFoundError:
        raise InputError(f"there is no file {str(path)!r}; check the path") from None
    except (zipfile.BadZipFile, EOFError) as error:
        raise _foreign(str(path), "it is no ZIP archive, or is cut off") from error
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror or error}") from error


def _check_sizes(path: str, archive: zipfile.ZipFile) -> None:
    for part in archive.infolist():
        allowed = max(_LARGEST_FACTOR * part.compress_size, _LARGEST_SMALL)
        if part.file_size > allowed:
            raise _damaged(path, f"its part {part.filename!r} unpacks to {part.file_size:,} bytes")


def _part(path: str, archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except KeyError:
        raise _foreign(path, f"it has no part {name!r}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _damaged(path, str(error)) from error


@contextlib.contextmanager
def _replacing(path: Path) -> Any:  # a context of a binary file
    """Yield a file that takes the place of `path` once it is written wholly."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        mode = os.umask(0)
        os.umask(mode)
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~mode)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _foreign(path: str, why: str) -> InputError:
    return InputError(
        f"{path!r} is no model file: {why}; expected a file written by metalearn fit --output"
    )


def _damaged(path: str, why: str) -> InputError:
    return InputError(
        f"the model file {path!r} is damaged ({why}); copy it again, or fit the model again"
    )
