"""The surrogates of YAHPO Gym (Pfisterer et al. 2022): order of their inputs and outputs.

A surrogate is a network with two inputs, codes and numbers, whose columns have no names in the
file. Scenarios are distinguished by the names of their hyperparameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from metalearn.core.metric import METRICS, Metric

__all__ = ["FIDELITIES", "METRIC_OF", "SCENARIOS", "SECONDS", "Scenario"]

FIDELITIES = ("trainsize", "repl", "epoch")
SECONDS: Mapping[str, str] = {
    "timetrain": "fit_s", "timepredict": "predict_s", "time": "fit_s",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scenario:
    """One surrogate.

    Attributes:
        suite: Name of its suite; scenarios of a suite share tasks and protocol.
        task: Name of the input that identifies the data set.
        codes: Categorical inputs after the task, in order.
        numbers: Numeric inputs, in order.
        outputs: Outputs, in order.
    """

    suite: str
    task: str
    codes: tuple[str, ...]
    numbers: tuple[str, ...]
    outputs: tuple[str, ...]


METRIC_OF: Mapping[str, Metric] = {
    "acc": METRICS["accuracy"],
    "bac": METRICS["balanced_accuracy"],
    "auc": METRICS["roc_auc"],
    "brier": METRICS["brier_score"],
    "logloss": METRICS["log_loss"],
    "mmce": METRICS["error_rate"],
    "f1": Metric("f1", True, 1.0, 0.0),
    "val_accuracy": Metric("val_accuracy", True),
    "val_balanced_accuracy": Metric("val_balanced_accuracy", True),
    "test_balanced_accuracy": Metric("test_balanced_accuracy", True),
    **{
        name: Metric(name, False)
        for name in ("memory", "ramtrain", "rammodel", "rampredict", "mec", "ias", "nf",
                     "val_cross_entropy", "test_cross_entropy")
    },
}  # fmt: skip

_TREE = ("cp", "maxdepth", "minbucket", "minsplit")
_NET = ("alpha", "s")
_FOREST = ("num.trees", "sample.fraction", "{mtry}", "min.node.size", "num.random.splits")
_BOOSTING = (
    "nrounds", "eta", "gamma", "lambda", "alpha", "subsample", "max_depth", "min_child_weight",
    "colsample_bytree", "colsample_bylevel", "rate_drop", "skip_drop",
)  # fmt: skip
_NEIGHBOURS = ("k", "M", "ef", "ef_construction")
_MACHINE = ("cost", "gamma", "tolerance", "degree")


def _of(learner: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{learner}.{name}" for name in names)


def _rbv2(codes: tuple[str, ...], numbers: tuple[str, ...]) -> Scenario:
    numbers = tuple(name.format(mtry="mtry.power") for name in numbers)
    return Scenario(
        "rbv2", "task_id", (*codes, "num.impute.selected.cpo"), (*numbers, "trainsize", "repl"),
        ("acc", "bac", "auc", "brier", "f1", "logloss", "timetrain", "timepredict", "memory"),
    )  # fmt: skip


def _iaml(codes: tuple[str, ...], numbers: tuple[str, ...]) -> Scenario:
    numbers = tuple(name.format(mtry="mtry.ratio") for name in numbers)
    return Scenario(
        "iaml", "task_id", codes, (*numbers, "trainsize"),
        ("mmce", "f1", "auc", "logloss", "ramtrain", "rammodel", "rampredict", "timetrain",
         "timepredict", "mec", "ias", "nf"),
    )  # fmt: skip


SCENARIOS: Mapping[str, Scenario] = {
    "rbv2_rpart": _rbv2((), _TREE),
    "rbv2_glmnet": _rbv2((), _NET),
    "rbv2_ranger": _rbv2(("respect.unordered.factors", "splitrule"), _FOREST),
    "rbv2_svm": _rbv2(("kernel",), _MACHINE),
    "rbv2_xgboost": _rbv2(("booster",), _BOOSTING),
    "rbv2_aknn": _rbv2(("distance",), _NEIGHBOURS),
    "rbv2_super": _rbv2(
        ("learner_id", "svm.kernel", "ranger.respect.unordered.factors", "ranger.splitrule",
         "aknn.distance", "xgboost.booster"),
        _of("svm", _MACHINE) + _of("glmnet", _NET) + _of("rpart", _TREE) + _of("ranger", _FOREST)
        + _of("aknn", _NEIGHBOURS) + _of("xgboost", _BOOSTING),
    ),
    "iaml_rpart": _iaml((), _TREE),
    "iaml_glmnet": _iaml((), _NET),
    "iaml_ranger": _iaml(("replace", "respect.unordered.factors", "splitrule"), _FOREST),
    "iaml_xgboost": _iaml(("booster",), _BOOSTING),
    "iaml_super": _iaml(
        ("learner", "ranger.replace", "ranger.respect.unordered.factors", "ranger.splitrule",
         "xgboost.booster"),
        _of("ranger", _FOREST) + _of("rpart", _TREE) + _of("glmnet", _NET)
        + _of("xgboost", _BOOSTING),
    ),
    "lcbench": Scenario(
        "lcbench", "OpenML_task_id", (),
        ("epoch", "batch_size", "learning_rate", "momentum", "weight_decay", "num_layers",
         "max_units", "max_dropout"),
        ("time", "val_accuracy", "val_cross_entropy", "val_balanced_accuracy",
         "test_cross_entropy", "test_balanced_accuracy"),
    ),
}  # fmt: skip
