"""Recipe of a fitted recommender: method, options, seed and digest of its meta-dataset, as JSON.

Fitting takes seconds and is reproducible from the recipe, so the file stores the recipe instead of
the fitted state. Reading it runs no code, and a meta-dataset that differs in any value is refused.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from metalearn.core.arrays import plain_bytes
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.seams import Ranker
from metalearn.core.small_files import small_text
from metalearn.errors import InputError
from metalearn.recommenders import CATALOGUE

__all__ = ["Recipe", "meta_dataset_digest"]

_FORMAT, _VERSION = "metalearn recommender", 1


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that determines the scores of a fitted recommender.

    Attributes:
        recommender: Name in the catalogue.
        digest: `meta_dataset_digest` of the meta-dataset that it was fitted to.
        options: Arguments of the recommender's class that differ from its defaults: numbers,
            texts, booleans or None.
        seed: Seed of its generator.
        snapshot: Snapshot of the store that the meta-dataset came from; "" if it came from no
            store.
    """

    recommender: str
    digest: str
    options: Mapping[str, float | str | None] = field(default_factory=dict)
    seed: int = 0
    snapshot: str = ""

    @classmethod
    def of(
        cls,
        recommender: str,
        meta: MetaDataset,
        options: Mapping[str, float | str | None] | None = None,
        seed: int = 0,
    ) -> Recipe:
        """Return the recipe for `recommender` on `meta`.

        Raises:
            UnknownNameError: If there is no such recommender.
        """
        CATALOGUE.get(recommender)
        return cls(
            recommender, meta_dataset_digest(meta), dict(options or {}), seed, meta.snapshot
        )

    def fit(self, meta: MetaDataset) -> Ranker:
        """Return the recommender, fitted reproducibly.

        Raises:
            InputError: If `meta` is not the one of the recipe, or an option is unknown.
        """
        if meta_dataset_digest(meta) != self.digest:
            raise InputError(
                f"the recipe for {self.recommender!r} was written for another meta-dataset "
                f"(snapshot {self.snapshot[:12] or 'unknown'}, this one is "
                f"{meta.snapshot[:12] or 'unknown'}); open that store, or fit anew"
            )
        try:
            method = CATALOGUE.get(self.recommender)(**self.options)
        except TypeError as error:
            raise InputError(f"options of {self.recommender!r}: {error}") from error
        return method.fit(meta, np.random.default_rng(self.seed))

    def save(self, path: Path) -> None:
        """Write the recipe as JSON."""
        fields = {
            "format": _FORMAT,
            "schema_version": _VERSION,
            "recommender": self.recommender,
            "options": dict(self.options),
            "seed": self.seed,
            "snapshot": self.snapshot,
            "meta_dataset": self.digest,
        }
        path.write_text(json.dumps(fields, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """Return the recipe in a file.

        Raises:
            InputError: If the file is no recipe, or one of a later version.
        """
        try:
            fields = json.loads(small_text(path, "a recipe"))
            found = fields["format"], fields["schema_version"]
            if found != (_FORMAT, _VERSION):
                raise InputError(f"{path}: expected {_FORMAT} version {_VERSION}, got {found}")
            return cls(
                fields["recommender"],
                fields["meta_dataset"],
                fields["options"],
                fields["seed"],
                fields["snapshot"],
            )
        except (json.JSONDecodeError, RecursionError, KeyError, TypeError) as error:
            raise InputError(f"{path} is no recipe of a recommender: {error!r}") from error


def meta_dataset_digest(meta: MetaDataset) -> str:
    """Return the SHA-256 of all values that recommenders use, including their order."""
    names = [
        meta.metric.name,
        [task.key for task in meta.tasks],
        [configuration.key for configuration in meta.configurations],
        list(meta.meta_feature_names),
    ]
    digest = hashlib.sha256(json.dumps(names).encode())
    for values in (meta.losses, meta.runtimes_s, meta.meta_features):
        digest.update(plain_bytes(values))
    digest.update(meta.failed.astype("u1").tobytes())
    digest.update(meta.groups.astype("<i8").tobytes())
    return digest.hexdigest()
