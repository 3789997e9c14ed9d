"""Meta-features that published sets share with ours, one line each, in our units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.meta_dataset import MetaDataset

__all__ = ["SETS", "in_our_units"]


@dataclass(frozen=True, slots=True)
class Shared:
    """A published meta-feature; ours is `factor` times theirs plus `offset`."""

    ours: str
    theirs: str
    factor: float = 1.0
    offset: float = 0.0


_OBOE = (
    Shared("nr_inst", "n_rows"),
    Shared("nr_attr", "NumberOfFeatures"),
    Shared("nr_class", "NumberOfClasses"),
    Shared("nr_num", "NumberOfNumericFeatures"),
    Shared("nr_cat", "NumberOfCategoricalFeatures"),
    Shared("attr_to_inst", "DatasetRatio"),
    Shared("class_ent", "ClassEntropy"),
    Shared("majority_share", "ClassProbabilityMax"),
    Shared("minority_share", "ClassProbabilityMin"),
    Shared("missing_share", "PercentageOfMissingValues"),
    Shared("skewness.mean", "SkewnessMean"),
    Shared("kurtosis.mean", "KurtosisMean"),
    Shared("sum_levels", "SymbolsSum"),
    Shared("one_nn.mean", "Landmark1NN"),
    Shared("best_node.mean", "LandmarkDecisionNodeLearner"),
    Shared("linear_discr.mean", "LandmarkLDA"),
    Shared("naive_bayes.mean", "LandmarkNaiveBayes"),
    Shared("random_node.mean", "LandmarkRandomNodeLearner"),
)
_PIMP = (
    Shared("nr_inst", "NumberOfInstances"),
    Shared("nr_attr", "NumberOfFeatures", offset=-1.0),
    Shared("nr_class", "NumberOfClasses"),
    Shared("nr_num", "NumberOfNumericFeatures"),
    Shared("nr_cat", "NumberOfSymbolicFeatures", offset=-1.0),
    Shared("attr_to_inst", "Dimensionality"),
    Shared("class_ent", "ClassEntropy"),
    Shared("majority_share", "MajorityClassPercentage", 0.01),
    Shared("minority_share", "MinorityClassPercentage", 0.01),
    Shared("missing_share", "PercentageOfMissingValues", 0.01),
    Shared("skewness.mean", "MeanSkewnessOfNumericAtts"),
    Shared("kurtosis.mean", "MeanKurtosisOfNumericAtts"),
    Shared("one_nn.mean", "kNN1NErrRate", -1.0, 1.0),
    Shared("best_node.mean", "DecisionStumpErrRate", -1.0, 1.0),
    Shared("naive_bayes.mean", "NaiveBayesErrRate", -1.0, 1.0),
)
SETS = {"oboe": _OBOE, "pimp-rf": _PIMP}


def in_our_units(name: str, meta: MetaDataset) -> tuple[tuple[str, ...], Floats]:
    """Return our names of the shared meta-features, and their `(n_tasks, n_shared)` values."""
    columns = []
    for line in SETS[name]:
        values = meta.meta_features[:, meta.meta_feature_names.index(line.theirs)]
        columns.append(line.factor * values + line.offset)
    return tuple(line.ours for line in SETS[name]), np.stack(columns, axis=1)
