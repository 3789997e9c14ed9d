"""Which hyperparameters matter, and which are worth tuning: one file per method."""

from metalearn.importance.functional_anova import FanovaSettings, fanova, fanova_task
from metalearn.importance.table import ImportanceTable, Item, TaskImportance

__all__ = [
    "FanovaSettings",
    "ImportanceTable",
    "Item",
    "TaskImportance",
    "fanova",
    "fanova_task",
]
