"""Ridge and logistic regression with a penalty per group of columns, found by gradient descent.

A grid can search one or two penalties; the gradient of the cross-validated loss finds as many as
there are columns, in the time of some tens of fits. Columns of noise get a large penalty, those
that matter a small one. As many penalties also fit the validation rows by chance, so the number of
steps is chosen by outer folds that the descent does not see; without a step, the penalty is the
best common one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from itertools import islice
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from metalearn.core.arrays import Floats, Ints
from metalearn.errors import InputError
from metalearn.numerics.implicit.descent import (
    Fold,
    descended,
    descent_steps,
    held_out_descent,
)
from metalearn.numerics.implicit.losses import LinearLoss, SoftmaxLoss, SquaredLoss, softmax
from metalearn.numerics.implicit.penalized import Penalized

__all__ = ["GroupPenaltyLogistic", "GroupPenaltyRidge"]

_TOLERANCE = 1e-6
_LOWEST, _COMMON_STEP, _COMMON_PATIENCE = 1e-6, 1.0, 4
_N_OUTER, _N_INNER = 3, 3


class _GroupPenalty(BaseEstimator, ABC):  # type: ignore[misc]  # scikit-learn is untyped
    """Base of both estimators.

    Columns are standardized first, so that penalties compare. The loss is a mean over rows, so
    penalties do not depend on their number.

    Args:
        groups: Group of each column, `(n_features,)`, any labels; None gives each its own.
        n_folds: Folds of the cross-validated loss.
        start: Penalty at which the descent of a common penalty starts. That of a penalty per
            group starts where it ends.
        freedom: Smallest penalty of a group, as a share of the best common one. The smaller it
            is, the more can columns that agree with the validation rows by chance spoil the fit.
        step: Length of a step, in units of ln(penalty).
        max_steps: Largest number of steps.
        patience: Steps without a lower loss of the outer folds after which they stop.
        random_state: Seed of the folds.

    Attributes:
        penalties_: Penalty of each group, `(n_groups,)`, in the order of the sorted labels.
        common_penalty_: The best penalty for all groups together.
        groups_: Sorted labels of the groups.
        losses_: Cross-validated loss before each step and at the end; the first is that of the
            common penalty.
        held_out_losses_: Loss of the outer folds after 0, 1, ... steps; the lowest one says how
            many steps there are.
        coef_: Weights of the columns as given, `(n_outputs, n_features)`.
        intercept_: Constants, `(n_outputs,)`.
    """

    def __init__(
        self,
        groups: npt.ArrayLike | None = None,
        *,
        n_folds: int = 5,
        start: float = 0.01,
        freedom: float = 0.5,
        step: float = 0.5,
        max_steps: int = 12,
        patience: int = 4,
        random_state: int = 0,
    ) -> None:
        self.groups = groups
        self.n_folds = n_folds
        self.start = start
        self.freedom = freedom
        self.step = step
        self.max_steps = max_steps
        self.patience = patience
        self.random_state = random_state

    def _fit(self, X: Floats, Y: Floats) -> None:
        """Find the penalties on folds, then fit on all rows; `Y (n, n_outputs)`."""
        groups = self._grouped(X.shape[1])
        center, scale = X.mean(axis=0), X.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        A = np.column_stack([(X - center) / scale, np.ones(len(X))])
        folds = self._folds(A, Y, self.n_folds)
        common = descended(
            descent_steps(
                folds, np.zeros_like(groups), Y.shape[1], start=self.start, lowest=_LOWEST,
                step=_COMMON_STEP,
            ),
            max_steps=self.max_steps, patience=_COMMON_PATIENCE,
        )  # fmt: skip
        self.common_penalty_ = float(common.penalties[0])
        self._descend(A, Y, folds, groups)
        problem = Penalized(A, self._loss(Y), self.penalties_[groups])
        W = problem.fitted(np.zeros((A.shape[1], Y.shape[1])), _TOLERANCE)
        self.coef_ = W[:-1].T / scale
        self.intercept_ = W[-1] - self.coef_ @ center

    def _descend(self, A: Floats, Y: Floats, folds: list[Fold], groups: Ints) -> None:
        """Set the penalties after as many steps as the outer folds are best with."""
        outer = [
            (self._fold(A, Y, train, test), self._folds(A[train], Y[train], _N_INNER))
            for train, test in self._splits(Y, _N_OUTER)
        ]
        path: dict[str, Any] = {
            "groups": groups, "n_outputs": Y.shape[1], "start": self.common_penalty_,
            "lowest": self.freedom * self.common_penalty_, "step": self.step,
        }  # fmt: skip
        held_out = descended(
            held_out_descent(outer, **path), max_steps=self.max_steps, patience=self.patience
        )
        n_steps = int(np.argmin(held_out.losses))
        penalties, losses = zip(*islice(descent_steps(folds, **path), n_steps + 1), strict=True)
        self.penalties_, self.losses_ = penalties[-1], np.array(losses)
        self.held_out_losses_ = held_out.losses

    def _folds(self, A: Floats, Y: Floats, n_folds: int) -> list[Fold]:
        return [self._fold(A, Y, train, test) for train, test in self._splits(Y, n_folds)]

    def _fold(self, A: Floats, Y: Floats, train: Ints, test: Ints) -> Fold:
        return Fold(A[train], self._loss(Y[train]), A[test], self._loss(Y[test]))

    def _grouped(self, n_features: int) -> Ints:
        """Return the group of each column as 0, 1, ...

        Raises:
            InputError: If there is not one label per column.
        """
        labels = np.arange(n_features) if self.groups is None else np.asarray(self.groups)
        if labels.shape != (n_features,):
            raise InputError(
                f"groups must have one label per column, shape ({n_features},), got "
                f"{labels.shape}; leave it out for a penalty per column"
            )
        self.groups_, groups = np.unique(labels, return_inverse=True)
        return np.asarray(groups, dtype=np.int64)

    @abstractmethod
    def _splits(self, Y: Floats, n_folds: int) -> list[tuple[Ints, Ints]]:
        """Return training and validation rows of each fold."""

    @abstractmethod
    def _loss(self, Y: Floats) -> LinearLoss:
        """Return the loss of targets `(n, n_outputs)`."""

    def _outputs(self, X: Any) -> Floats:
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return np.asarray(X @ self.coef_.T + self.intercept_)


class GroupPenaltyRidge(RegressorMixin, _GroupPenalty):  # type: ignore[misc]
    """Ridge regression with a penalty per group of columns; see the module.

    >>> X = np.random.default_rng(0).normal(size=(60, 3))
    >>> model = GroupPenaltyRidge().fit(X, X[:, 0])
    >>> bool(model.penalties_[0] < model.penalties_[1:].min())
    True
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Fit on `X (n, d)` and `y (n,)`, both finite."""
        X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        y = np.asarray(y, dtype=np.float64)
        self._scale = float(y.std()) or 1.0  # penalties then do not depend on the target's unit
        self._fit(X, (y / self._scale)[:, None])
        self.coef_, self.intercept_ = self.coef_ * self._scale, self.intercept_ * self._scale
        return self

    def predict(self, X: Any) -> Floats:
        """Return predictions, `(n,)`."""
        return self._outputs(X)[:, 0]

    def _splits(self, Y: Floats, n_folds: int) -> list[tuple[Ints, Ints]]:
        return list(KFold(n_folds, shuffle=True, random_state=self.random_state).split(Y))

    def _loss(self, Y: Floats) -> LinearLoss:
        return SquaredLoss(Y)


class GroupPenaltyLogistic(ClassifierMixin, _GroupPenalty):  # type: ignore[misc]
    """Logistic regression, also of several classes, with a penalty per group of columns."""

    def fit(self, X: Any, y: Any) -> Self:
        """Fit on `X (n, d)`, finite, and labels `y (n,)`."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise InputError(
                f"expected at least two classes, got {len(self.classes_)} class only: "
                f"{self.classes_[0]!r}"
            )
        self._fit(X, np.eye(len(self.classes_))[codes])
        return self

    def decision_function(self, X: Any) -> Floats:
        """Return margins, `(n, n_classes)`, or those of the second class, `(n,)`."""
        Z = self._outputs(X)
        return Z[:, 1] - Z[:, 0] if len(self.classes_) == 2 else Z

    def predict_proba(self, X: Any) -> Floats:
        """Return the probabilities of the classes, `(n, n_classes)`."""
        return softmax(self._outputs(X))

    def predict(self, X: Any) -> Any:
        """Return labels, `(n,)`."""
        Z = self._outputs(X)
        return self.classes_[Z.argmax(axis=1)]

    def _splits(self, Y: Floats, n_folds: int) -> list[tuple[Ints, Ints]]:
        codes = Y.argmax(axis=1)
        counts = np.bincount(codes)
        smallest = int(counts[counts > 0].min())
        n_folds = max(2, min(n_folds, smallest))
        kind = StratifiedKFold if smallest >= n_folds else KFold  # a class of a single row
        folds = kind(n_folds, shuffle=True, random_state=self.random_state)
        return list(folds.split(Y, codes))

    def _loss(self, Y: Floats) -> LinearLoss:
        return SoftmaxLoss(Y)
