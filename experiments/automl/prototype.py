"""The plain loop over the recommended list that any user could write, as a rival of `AutoML`."""

from __future__ import annotations

import runpy
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold

loss_of = runpy.run_path(str(Path(__file__).with_name("run.py")))["loss_of"]


class Average:
    """The weighted mean of fitted pipelines."""

    def __init__(self, members: list[tuple[float, Any]], classes: Any) -> None:
        self.members, self.classes = members, classes

    def predict_proba(self, X: Any) -> Any:
        """Return probabilities."""
        return sum(w * in_all_classes(m, X, self.classes) for w, m in self.members)

    def predict(self, X: Any) -> Any:
        """Return numbers."""
        return sum(w * m.predict(X) for w, m in self.members)


def in_all_classes(model: Any, X: Any, classes: Any) -> Any:
    """Return probabilities with a column for every class of the target."""
    found = np.zeros((len(X), len(classes)))
    found[:, np.searchsorted(classes, model.classes_)] = model.predict_proba(X)
    return found


def prototype(X: Any, y: Any, kind: str, B: float, left_out: Sequence[str], metric: str) -> Any:
    """Fit the list of 16 with three folds, select greedily 40 times, refit what was selected."""
    import metalearn

    begun, classes = time.process_time(), np.unique(y)
    is_classes = kind == "classification"
    listed = metalearn.recommend(X, y, metric=metric, k=16, kind=kind, exclude=left_out)
    folds = (StratifiedKFold if is_classes else KFold)(3, shuffle=True, random_state=0)
    library = []
    for item in listed:
        if time.process_time() - begun > 0.75 * B:
            break
        held_out = np.zeros((len(y), len(classes)) if is_classes else len(y))
        try:
            for a, b in folds.split(X, y):
                model = item.build().fit(X.iloc[a], y.iloc[a])
                part = X.iloc[b]
                held_out[b] = (
                    in_all_classes(model, part, classes) if is_classes else model.predict(part)
                )
                if time.process_time() - begun > B:
                    raise TimeoutError
        except Exception:  # as the loop of a user would
            continue
        library.append((item, held_out))
    total, picked, best = 0.0, [], (np.inf, [0])
    for i in range(1, 41):
        losses = [loss_of(kind, y, (total + held) / i, len(classes)) for _, held in library]
        j = int(np.argmin(losses))
        picked.append(j)
        total = total + library[j][1]
        if losses[j] < best[0] - 1e-9:
            best = (losses[j], list(picked))
    weights = np.bincount(best[1]) / len(best[1])
    members = [(w, library[j][0].build().fit(X, y)) for j, w in enumerate(weights) if w > 0]
    return Average(members, classes)
