"""The memory of machine learning: which configurations to try on a data set never seen before.

Importing this opens no file, socket or plotting library; everything heavy is loaded on first use.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from metalearn.catalogue import load

if TYPE_CHECKING:  # what `_LAZY` loads, for type checkers
    from metalearn import importance, learners, optimizers, priors, recommenders
    from metalearn.automl.estimators import AutoMLClassifier, AutoMLLearner, AutoMLRegressor
    from metalearn.automl.estimators import AutoMLLearner as AutoML_Learner
    from metalearn.store import open_store as open  # noqa: A004
    from metalearn.workflows.face import collect, describe, evaluate, similar
    from metalearn.workflows.optimize.ask import optimize
    from metalearn.workflows.recommend.ask import recommend
    from metalearn.workflows.warm_start.build import warm_start
    from metalearn.workflows.writeback.remember import remember

__all__ = [
    "AutoMLClassifier",
    "AutoMLLearner",
    "AutoMLRegressor",
    "AutoML_Learner",
    "__version__",
    "collect",
    "describe",
    "evaluate",
    "importance",
    "learners",
    "open",
    "optimize",
    "optimizers",
    "priors",
    "recommend",
    "recommenders",
    "remember",
    "similar",
    "warm_start",
]
__version__ = "0.1.0"

logging.getLogger(__name__).addHandler(logging.NullHandler())

_LAZY: dict[str, str] = {
    "AutoMLClassifier": "metalearn.automl.estimators:AutoMLClassifier",
    "AutoMLLearner": "metalearn.automl.estimators:AutoMLLearner",
    "AutoMLRegressor": "metalearn.automl.estimators:AutoMLRegressor",
    "AutoML_Learner": "metalearn.automl.estimators:AutoMLLearner",
    "open": "metalearn.store:open_store",
    "recommend": "metalearn.workflows.recommend.ask:recommend",
    "recommenders": "metalearn.recommenders",
    "importance": "metalearn.importance",
    "priors": "metalearn.priors",
    "learners": "metalearn.learners",
    "optimizers": "metalearn.optimizers",
    "optimize": "metalearn.workflows.optimize.ask:optimize",
    "remember": "metalearn.workflows.writeback.remember:remember",
    "collect": "metalearn.workflows.face:collect",
    "describe": "metalearn.workflows.face:describe",
    "evaluate": "metalearn.workflows.face:evaluate",
    "similar": "metalearn.workflows.face:similar",
    "warm_start": "metalearn.workflows.warm_start.build:warm_start",
}


def __getattr__(
    name: str,
) -> Any:  # Any: the public face is a table of names, typed where they live
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return load(_LAZY[name])


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
