"""Hyperparameter importance and tunability, one file per method."""

from metalearn.importance.ablation import AblationPath, ablation_path, local_importance
from metalearn.importance.across_tasks import (
    RankSummary,
    importance_summary,
    rank_summary,
    top_items,
)
from metalearn.importance.functional_anova import FanovaSettings, fanova, fanova_task
from metalearn.importance.marginals import Marginal, marginals
from metalearn.importance.operators import OperatorSource, operator_importance, operator_runs
from metalearn.importance.parzen_anova import PedAnovaSettings, ped_anova, ped_anova_task
from metalearn.importance.pooling import pooled
from metalearn.importance.symbolic import symbolic_defaults
from metalearn.importance.symbolic_table import SymbolicDefault, SymbolicTable
from metalearn.importance.table import ImportanceTable, Item, TaskImportance
from metalearn.importance.task_symbols import SYMBOLS, task_symbols
from metalearn.importance.tunability_table import TunabilityTable
from metalearn.importance.tunable import TunabilitySettings, tunability

__all__ = [
    "SYMBOLS",
    "AblationPath",
    "FanovaSettings",
    "ImportanceTable",
    "Item",
    "Marginal",
    "OperatorSource",
    "PedAnovaSettings",
    "RankSummary",
    "SymbolicDefault",
    "SymbolicTable",
    "TaskImportance",
    "TunabilitySettings",
    "TunabilityTable",
    "ablation_path",
    "fanova",
    "fanova_task",
    "importance_summary",
    "local_importance",
    "marginals",
    "operator_importance",
    "operator_runs",
    "ped_anova",
    "ped_anova_task",
    "pooled",
    "rank_summary",
    "symbolic_defaults",
    "task_symbols",
    "top_items",
    "tunability",
]
