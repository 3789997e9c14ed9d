"""Frozen value types and protocols, without I/O."""

from metalearn.core.configuration import Configuration
from metalearn.core.history import History
from metalearn.core.meta_dataset import MetaDataset
from metalearn.core.metric import METRICS, Metric, metric_named
from metalearn.core.task import TargetTask, Task
from metalearn.core.trial import Trial

__all__ = [
    "METRICS",
    "Configuration",
    "History",
    "MetaDataset",
    "Metric",
    "TargetTask",
    "Task",
    "Trial",
    "metric_named",
]
