"""Readers of published meta-data sets, one module per format: rows in, batches out."""

from metalearn.catalogue import Catalogue
from metalearn.harvesters.options import Options, Reader

__all__ = ["FORMATS", "Options", "Reader"]

FORMATS: Catalogue[Reader] = Catalogue(
    "format",
    {
        "oboe": "metalearn.harvesters.oboe:read",
        "aslib": "metalearn.harvesters.aslib:read",
        "tst": "metalearn.harvesters.tst:read",
        "auto-sklearn": "metalearn.harvesters.auto_sklearn:read",
        "arff-runs": "metalearn.harvesters.arff_runs:read",
        "quantile-csv": "metalearn.harvesters.quantile_csv:read",
        "yahpo": "metalearn.harvesters.yahpo:read",
        "long-csv": "metalearn.harvesters.long_csv:read",
    },
)
