"""scikit-learn: a search that evaluates the initial design first, and distributions from priors.

`WarmSearchCV` is a search like `GridSearchCV`: it wraps an estimator and is one. For
`RandomizedSearchCV` and `HalvingRandomSearchCV` there are distributions with `rvs` whose first
draws are the initial design and whose later ones follow the marginals of the prior.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import ConfigSpace
import numpy as np
from sklearn.base import is_classifier
from sklearn.model_selection._search import BaseSearchCV  # public base of third-party searches
from sklearn.utils import check_random_state

from metalearn.bridges import axes
from metalearn.bridges.bridge import Bridge, values_of
from metalearn.bridges.grids import axis_of, merged_grids
from metalearn.bridges.sklearn_results import checked_metric, searched_metric, trials
from metalearn.core.configuration import Configuration
from metalearn.core.task import Kind
from metalearn.core.warm_start import WarmStart
from metalearn.errors import UsageError
from metalearn.optimizers.source_points import PRIOR_SHARE
from metalearn.priors import Choice, KDEPrior, to_scipy

__all__ = [
    "BRIDGE",
    "SeedsFirst",
    "WarmSearchCV",
    "distributions",
    "to_sklearn_search",
    "trials",
]


class WarmSearchCV(BaseSearchCV):  # type: ignore[misc]  # scikit-learn is untyped
    """Cross-validated search that starts from good configurations of other tasks.

    The first candidates are the initial design, in order; the others are draws from the
    prior (7 of 10) and from the whole space. Everything else is as in `RandomizedSearchCV`, whose
    attributes it has after `fit`; `warm_start_` is the warm start.

    Args:
        estimator: An estimator that we know, alone or at the end of a Pipeline.
        space: What to search: lists and distributions by name, as for `RandomizedSearchCV`, or
            any other space that can be read; None for all arguments that the store has runs of.
        warm: A warm start made before; None to make one at every `fit`.
        k: Length of the initial design.
        n_iter: Candidates in all.
        kb: Path of the store; None for the default one.
        exclude: Names of known tasks to leave out.
        remember: Whether the candidates go to the store after `fit`, as `metalearn.remember` does.
        random_state: Seed of the candidates that are drawn.
        scoring: As in `GridSearchCV`; one metric only.
        n_jobs: As in `GridSearchCV`.
        refit: As in `GridSearchCV`.
        cv: As in `GridSearchCV`.
        verbose: As in `GridSearchCV`.
        pre_dispatch: As in `GridSearchCV`.
        error_score: As in `GridSearchCV`.
        return_train_score: As in `GridSearchCV`.
    """

    warm_start_: WarmStart

    def __init__(  # the estimator API needs every setting here
        self,
        estimator: Any,
        space: Any = None,
        *,
        warm: WarmStart | None = None,
        k: int = 10,
        n_iter: int = 20,
        kb: Any = None,
        exclude: str | Sequence[str] = (),
        remember: bool = False,
        random_state: Any = None,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: Any = "2*n_jobs",
        error_score: Any = np.nan,
        return_train_score: bool = False,
    ) -> None:
        super().__init__(
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.space, self.warm, self.k, self.n_iter = space, warm, k, n_iter
        self.kb, self.exclude, self.random_state = kb, exclude, random_state
        self.remember = remember

    def fit(self, X: Any, y: Any = None, **params: Any) -> WarmSearchCV:
        """Search and, if `refit`, fit the best candidate on all of `X (n, p)` and `y (n,)`."""
        if self.remember:
            checked_metric(self, self.warm)
        self._asked = X, y
        try:
            super().fit(X, y, **params)
        finally:
            del self._asked
        warm: WarmStart = self.warm_start_
        if warm.memory is not None:
            warm.tell(trials(warm, self))
            self.warm_start_ = replace(warm, memory=None)
        return self

    def _run_search(self, evaluate_candidates: Callable[[Sequence[Any]], Any]) -> None:
        known = self.warm if self.warm is not None else self._known(*self._asked)
        warm = in_words_of(known, self.estimator)
        self.warm_start_ = warm
        rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))
        first = warm.configurations[: self.n_iter]
        chosen = [*first, *_drawn(warm, self.n_iter - len(first), first, rng)]
        evaluate_candidates([values_of(warm, c) for c in chosen])

    def _known(self, X: Any, y: Any) -> WarmStart:
        import metalearn

        # Data that the estimator cannot fit raises the estimator's own error first.
        self.estimator.__class__(**self.estimator.get_params(deep=False)).fit(X, y)
        kind: Kind = "classification" if is_classifier(self.estimator) else "regression"
        found: WarmStart = metalearn.warm_start(
            X, y, space=self.space, estimator=self.estimator, k=self.k, kb=self.kb, kind=kind,
            exclude=self.exclude, metric=searched_metric(self), remember=self.remember,
            procedure=self._procedure,
        )  # fmt: skip
        return found

    @property
    def _procedure(self) -> str:
        return f"cv={self.cv!r}" if isinstance(self.cv, int | None) else type(self.cv).__name__


def to_sklearn_search(warm: WarmStart, estimator: Any, **options: Any) -> WarmSearchCV:
    """Return a search over an estimator that starts from this warm start.

    Args:
        warm: The warm start.
        estimator: The estimator to tune, alone or in a Pipeline.
        **options: Of `WarmSearchCV`.

    Raises:
        UsageError: If the warm start is over several algorithms.
    """
    _check_one_algorithm(warm)
    return WarmSearchCV(estimator, warm=warm, **options)


def in_words_of(warm: WarmStart, estimator: Any) -> WarmStart:
    """Return the warm start over the arguments of an estimator, unless it is so already.

    Raises:
        UsageError: If the warm start is over several algorithms.
    """
    from metalearn.workflows.warm_start.user_space import in_user_space, natural_mapping

    _check_one_algorithm(warm)
    if warm.mapping is not None:
        return warm
    return in_user_space(warm, natural_mapping(estimator), len(warm.configurations))


def _check_one_algorithm(warm: WarmStart) -> None:
    """Check that the warm start is over one algorithm.

    Raises:
        UsageError: If it is over several.
    """
    if len(warm.space.algorithms) > 1:
        raise UsageError(
            f"a search of scikit-learn tunes one estimator, and this warm start is over "
            f"{len(warm.space.algorithms)} algorithms: name the one of your estimator in space=, "
            "or use a library that searches a joint space (Optuna, SMAC3, ConfigSpace, Hyperopt)"
        )


class SeedsFirst:
    """A distribution whose first draws are given, and whose later ones come from another one.

    It starts again with every new generator; `RandomizedSearchCV` makes one for each `fit` if
    `random_state` is a number.

    Args:
        seeds: What to return first.
        distribution: An object with `rvs(random_state=)` for what follows.
    """

    def __init__(self, seeds: Sequence[Any], distribution: Any) -> None:
        self.seeds, self.distribution = list(seeds), distribution
        self._generator: Any = None
        self._n_drawn = 0

    def rvs(self, size: int | None = None, random_state: Any = None) -> Any:
        """Return the next draw; `size` draws as a list."""
        if size is not None:
            return [self.rvs(random_state=random_state) for _ in range(size)]
        if random_state is not self._generator or self._generator is None:
            self._generator, self._n_drawn = random_state, 0
        self._n_drawn += 1
        if self._n_drawn <= len(self.seeds):
            return self.seeds[self._n_drawn - 1]
        return axes.native(self.distribution.rvs(random_state=random_state))


def distributions(warm: WarmStart, estimator: Any, *, seeds_first: bool = True) -> dict[str, Any]:
    """Return a distribution per parameter, for `RandomizedSearchCV(estimator, ...)`.

    Marginals of the prior (uniform ones without a prior); correlations are lost.

    Args:
        warm: The warm start.
        estimator: The estimator to tune.
        seeds_first: Whether the first draws are the initial design, exactly and in order.
    """
    warm = in_words_of(warm, estimator)
    if warm.prior is not None and not isinstance(warm.prior, KDEPrior):
        raise UsageError("distributions need a KDE prior, or none")
    from metalearn.priors import Pool

    empty = Pool(np.empty((0, warm.space.n_axes)), np.empty(0), ())
    found = to_scipy(warm.prior or KDEPrior(warm.space, empty))
    mapping = warm.mapping
    if mapping is not None:
        for name in mapping.objects:
            choice = found[name]
            values = tuple(mapping.given({name: value})[name] for value in choice.values)
            found[name] = Choice(values, choice.probabilities)
    if seeds_first:
        seeds = [values_of(warm, c) for c in warm.configurations]
        return {name: SeedsFirst([s[name] for s in seeds], d) for name, d in found.items()}
    return found


def read_space(foreign: Mapping[str, Any] | list[Any]) -> ConfigSpace.ConfigurationSpace:
    """Return a grid or distributions as a ConfigSpace.

    A list of grids is one space: a parameter that is missing in some of them depends on the one
    with a single value in each grid that separates them.
    """
    if isinstance(foreign, Mapping):
        return axes.space_of([axis_of(name, values) for name, values in foreign.items()])
    return merged_grids(foreign)


def _drawn(
    warm: WarmStart, n: int, known: Sequence[Configuration], rng: np.random.Generator
) -> list[Configuration]:
    """Return `n` further configurations, none twice while the space has others."""
    found = list(known)
    for _ in range(20 * max(n, 0)):
        if len(found) >= n + len(known):
            break
        if warm.prior is not None and rng.random() < PRIOR_SHARE:
            (drawn,) = warm.space.decode(warm.prior.sample_points(1, rng))
        else:
            (drawn,) = warm.space.sample(1, rng)
        if drawn not in found and warm.space.is_allowed(drawn):
            found.append(drawn)
    return found[len(known) :]


BRIDGE = Bridge(
    name="sklearn_search",
    package="sklearn",
    extra="sklearn",
    honours=frozenset({"seeds", "prior", "memory"}),
    start=to_sklearn_search,
    read_space=read_space,
    trials=trials,
    title="scikit-learn",
    modules=("sklearn",),
    space="a scikit-learn parameter grid",
    reads_plain_dicts=True,
    forbidden="kept",
    joint="refused",
)
