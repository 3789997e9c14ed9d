"""Weights that were trained on tasks, in a folder beside the store.

An artifact is what a configuration became on a task: its weights. A store holds facts, which are
small and merge; artifacts are large and belong to one machine, so they are no table of the store
and no export contains them. The folder is the table: one `npz` file without pickle for each
artifact, which names task, configuration and the digest of its weights.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from metalearn.errors import InputError

if TYPE_CHECKING:
    from metalearn.neural.network import Weights

__all__ = ["Artifact", "Artifacts"]

_ABOUT = "about"


@dataclass(frozen=True, slots=True)
class Artifact:
    """A row of the table.

    Attributes:
        configuration: Key of the configuration.
        task: Key of the task.
        path: File of the weights.
        digest: SHA-256 of the weights.
    """

    configuration: str
    task: str
    path: Path
    digest: str

    def weights(self) -> Weights:
        """Return the weights.

        Raises:
            InputError: If the file is damaged, or its weights are not those of the digest.
        """
        _, weights = _read(self.path)
        if _digest(weights) != self.digest:
            raise InputError(
                f"{self.path} does not hold the weights that were written to it (another digest); "
                "delete it and train again"
            )
        return weights


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The folder.

    Attributes:
        folder: Made when the first artifact is kept.
    """

    folder: Path

    def keep(self, configuration: str, task: str, weights: Weights) -> Artifact:
        """Write weights, in place of earlier ones of the same configuration and task."""
        name = hashlib.sha256(json.dumps([configuration, task]).encode()).hexdigest()[:32]
        kept = Artifact(configuration, task, self.folder / f"{name}.npz", _digest(weights))
        about = {key: value for key, value in asdict(kept).items() if key != "path"}
        self.folder.mkdir(parents=True, exist_ok=True)
        part = kept.path.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as file:
            np.savez(file, **{_ABOUT: np.array(json.dumps(about)), **weights})  # type: ignore[arg-type]  # the stubs take names for options
        part.replace(kept.path)
        return kept

    def rows(self) -> Iterator[Artifact]:
        """Yield all artifacts, ordered by file name.

        Raises:
            InputError: If a file is damaged.
        """
        for path in sorted(self.folder.glob("*.npz")):
            about, _ = _read(path)
            yield Artifact(about["configuration"], about["task"], path, about["digest"])


def _digest(weights: Weights) -> str:
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(f"{name}{weights[name].shape}".encode())
        digest.update(np.ascontiguousarray(weights[name], "<f8").tobytes())
    return digest.hexdigest()


def _read(path: Path) -> tuple[dict[str, str], Weights]:
    try:
        with np.load(path, allow_pickle=False) as file:
            about = json.loads(str(file[_ABOUT]))
            return about, {name: file[name] for name in file.files if name != _ABOUT}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(
            f"{path} is no artifact that can be read ({error}); delete it and train again"
        ) from error
