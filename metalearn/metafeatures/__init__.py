"""Meta-features: named numbers that describe a data set.

`extract` computes groups of them from a raw table of mixed types; see
`docs/reference/metafeatures.md`.
"""

from metalearn.metafeatures.extraction import (
    DEFAULT_GROUPS,
    EXTRACTOR,
    GROUP_SETS,
    GROUPS,
    MetaFeatures,
    extract,
    feature_names,
    group_names,
)
from metalearn.metafeatures.registry import Group, MetaFeature, shared
from metalearn.metafeatures.undefined import Undefined
from metalearn.metafeatures.view import EXACT, DatasetView, Limits, view_of

__all__ = [
    "DEFAULT_GROUPS",
    "EXACT",
    "EXTRACTOR",
    "GROUPS",
    "GROUP_SETS",
    "DatasetView",
    "Group",
    "Limits",
    "MetaFeature",
    "MetaFeatures",
    "Undefined",
    "extract",
    "feature_names",
    "group_names",
    "shared",
    "view_of",
]
