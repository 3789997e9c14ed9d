"""Readers of published meta-data sets, one file a format: rows in, batches for the store out."""

from metalearn.core.catalogue import Catalogue
from metalearn.harvesters.options import Options, Reader

__all__ = ["FORMATS", "Options", "Reader"]

FORMATS: Catalogue[Reader] = Catalogue(
    "format",
    {
        "arff-runs": "metalearn.harvesters.arff_runs:read",
        "oboe": "metalearn.harvesters.oboe:read",
    },
)
