"""Export of priors to ConfigSpace, to SciPy and scikit-learn, and to JSON.

ConfigSpace has one distribution per axis, so the export consists of Beta densities on the (log)
unit axis with the mean and variance of our marginals, and weights of categories. SciPy gets the
marginals as histograms. Both lose correlations, SciPy also conditions; JSON keeps everything.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import ConfigSpace
import numpy as np

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Value
from metalearn.core.space import Axis, Space
from metalearn.errors import InputError
from metalearn.priors.kernel_density import KDEPrior
from metalearn.priors.pool import Pool

__all__ = ["Choice", "from_json", "marginal_masses", "to_config_space", "to_json", "to_scipy"]

_VERSION = 1
_LEAST_BETA = 1.0 + 1e-6  # parameter of a Beta density
_BINS = 512


@dataclass(frozen=True, slots=True)
class Choice:
    """Categories with probabilities, in the interface of `RandomizedSearchCV`.

    Attributes:
        values: The categories.
        probabilities: Their probabilities, sum 1.
    """

    values: tuple[Value, ...]
    probabilities: tuple[float, ...]

    def rvs(self, size: int | None = None, random_state: Any = None) -> Any:
        """Return one value, or a list of `size` values.

        `random_state` is None, a seed, or a NumPy generator of either kind, as in SciPy.
        """
        uniform: Any = random_state  # RandomState and Generator share the methods used here
        if not hasattr(uniform, "choice"):
            uniform = np.random.default_rng(random_state)
        drawn = uniform.choice(len(self.values), size=size, p=self.probabilities)
        return self.values[drawn] if size is None else [self.values[i] for i in drawn]


def marginal_masses(prior: KDEPrior, j: int) -> tuple[Floats, Floats]:
    """Return the edges `(n + 1,)` and masses `(n,)` of axis `j`: its cells, or 512 bins."""
    edges = prior.space.axes[j].cell_edges()
    if edges is None:
        edges = np.linspace(0.0, 1.0, _BINS + 1)
    width = np.diff(edges)
    mass = prior.marginal_density(j, (edges[:-1] + edges[1:]) / 2) * width
    return edges, mass / mass.sum()


def to_config_space(prior: KDEPrior) -> ConfigSpace.ConfigurationSpace:
    """Return a copy of the space with the prior on its axes: Beta densities and weights."""
    document = prior.space.config_space.to_serialized_dict()
    at = {axis.name: j for j, axis in enumerate(prior.space.axes)}
    for entry in document["hyperparameters"]:
        axis = prior.space.axes[at[entry["name"]]]
        if axis.n_cells == 1 or "sequence" in entry:
            continue  # ordinals have no weights
        edges, mass = marginal_masses(prior, at[entry["name"]])
        if "choices" in entry:
            entry["weights"] = [float(m) for m in mass]
            if not document["forbiddens"]:  # the most probable choices may be forbidden together
                entry["default_value"] = entry["choices"][int(np.argmax(mass))]
            continue
        entry["type"] = "beta_int" if axis.kind == "integer" else "beta_float"
        entry["alpha"], entry["beta"] = _beta(edges, mass)
        entry.pop("quantization", None)
    return ConfigSpace.ConfigurationSpace.from_serialized_dict(document)


def to_scipy(prior: KDEPrior) -> dict[str, Any]:
    """Return a distribution with `rvs` per hyperparameter, for `RandomizedSearchCV`.

    Floats are `scipy.stats.rv_histogram`, integers `rv_discrete`, categories `Choice`. They are
    independent, and conditional children are always drawn.
    """
    found = {}
    for j, axis in enumerate(prior.space.axes):
        edges, mass = marginal_masses(prior, j)
        found[axis.name] = _distribution(axis, edges, mass)
    return found


def to_json(prior: KDEPrior) -> str:
    """Return the whole prior as JSON; `from_json` reads it back exactly."""
    points = [[None if np.isnan(u) else float(u) for u in row] for row in prior.pool.points]
    return json.dumps(
        {
            "version": _VERSION,
            "algorithm": prior.space.algorithm,
            "space": json.loads(prior.space.to_json()),
            "names": prior.space.names,
            "points": points,
            "weights": [float(w) for w in prior.pool.weights],
            "resolution": [float(step) for step in prior.pool.resolution],
            "tasks": prior.pool.tasks,
            "uniform": prior.uniform,
            "joint": prior.joint,
        }
    )


def from_json(text: str) -> KDEPrior:
    """Return the prior from the text of `to_json`.

    Raises:
        InputError: If the text is no such prior.
    """
    try:
        document = json.loads(text)
        if document["version"] != _VERSION:
            raise InputError(f"a prior of version {document['version']}; this reads {_VERSION}")
        space = Space.from_json(document["algorithm"], json.dumps(document["space"]))
        points = np.array(
            [[np.nan if u is None else u for u in row] for row in document["points"]],
            dtype=np.float64,
        ).reshape(-1, space.n_axes)
        order = [document["names"].index(name) for name in space.names]
        weights = np.array(document["weights"], dtype=np.float64)
        steps = np.array(document.get("resolution", np.zeros(space.n_axes)), dtype=np.float64)
        pool = Pool(points[:, order], weights, tuple(document["tasks"]), resolution=steps[order])
        return KDEPrior(space, pool, uniform=document["uniform"], joint=document["joint"])
    except (KeyError, TypeError, json.JSONDecodeError) as error:
        raise InputError(
            f"expected a prior as written by metalearn priors --json; {type(error).__name__}: "
            f"{error}"
        ) from error


def _beta(edges: Floats, mass: Floats) -> tuple[float, float]:
    """Return the Beta parameters of the same mean and variance, each above 1.

    Below 1 the density has a pole. At 1 its mode is an end of the axis; after rounding,
    ConfigSpace places it outside the axis, where the density is 0.
    """
    middle = (edges[:-1] + edges[1:]) / 2
    mean = float(mass @ middle)
    variance = float(mass @ ((middle - mean) ** 2 + np.diff(edges) ** 2 / 12))
    total = max(mean * (1 - mean) / variance - 1.0, 0.0)
    return max(mean * total, _LEAST_BETA), max((1 - mean) * total, _LEAST_BETA)


def _distribution(axis: Axis, edges: Floats, mass: Floats) -> Any:  # SciPy's types or a Choice
    from scipy import stats

    if axis.kind == "category":
        return Choice(axis.choices, tuple(float(m) for m in mass))
    if axis.kind == "integer" and axis.cell_edges() is not None:
        values = np.arange(round(axis.lower), round(axis.upper) + 1)
        return stats.rv_discrete(values=(values, mass / mass.sum()))
    values = np.array(axis.decode(edges), dtype=np.float64)
    return stats.rv_histogram((mass, values), density=False)
