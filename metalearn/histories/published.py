"""Algorithms of published sets that are learners of ours under other names.

One table per source, one line per hyperparameter. Names change and words of a category may change
(`polynomial` is `poly`), values never do. Stores keep the published names: they are read under
ours (`metalearn.histories.algorithm_runs`), so that keys of configurations stay as they are and
stores of earlier versions need no new import.

- OBOE (Yang, Akimoto, Kim & Udell 2019) built its models by scikit-learn with all other arguments
  at their defaults; defaults that changed between releases are `Unstated`.
- openml-pimp (van Rijn & Hutter 2018) and other flows of scikit-learn name each hyperparameter
  after the step of the pipeline. Flows 6969, 6970 and 7707 are random forest, AdaBoost and SVC.
- TST (Wistuba, Schilling & Schmidt-Thieme 2016) does not say the independent term of its kernels.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from metalearn.core.configuration import Value

__all__ = ["TABLES", "Fixed", "Ignored", "Only", "Published", "Same", "Unstated", "published"]


@dataclass(frozen=True, slots=True)
class Same:
    """A hyperparameter with the meaning, unit and scale of an axis of ours.

    Attributes:
        theirs: Its published name.
        ours: Our axis; "" if the names are equal.
        words: Published word of a category -> ours, where they differ.
        is_share: Whether a whole number is a count instead: 1 is one column, 1.0 all of them.
    """

    theirs: str
    ours: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    is_share: bool = False

    @property
    def our_name(self) -> str:
        """Name of our axis."""
        return self.ours or self.theirs

    def our_word(self, value: Value) -> Value:
        """Return a value in our words."""
        return self.words.get(value, value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Fixed:
    """An axis of ours that all published runs keep at one value."""

    ours: str
    value: Value


@dataclass(frozen=True, slots=True)
class Unstated:
    """An axis of ours whose value in the published runs is unknown or not on the axis."""

    ours: str
    reason: str


@dataclass(frozen=True, slots=True)
class Only:
    """A hyperparameter that is no axis of ours, which has this value."""

    theirs: str
    value: Value


@dataclass(frozen=True, slots=True)
class Ignored:
    """A hyperparameter that is no axis of ours and does not change what is learned by much."""

    theirs: str


Line = Same | Fixed | Unstated | Only | Ignored


@dataclass(frozen=True, slots=True)
class Published:
    """A published algorithm and the learner of ours that it is.

    Attributes:
        name: Published name; for flows of OpenML, that of the step with the learner.
        algorithm: Our learner.
        lines: What is known of each hyperparameter.
    """

    name: str
    algorithm: str
    lines: tuple[Line, ...]

    @property
    def same(self) -> dict[str, Same]:
        """Hyperparameters with an axis of ours, by published name."""
        return {line.theirs: line for line in self.lines if isinstance(line, Same)}

    @property
    def fixed(self) -> dict[str, Value]:
        """Values of our axes that do not vary in the source."""
        return {line.ours: line.value for line in self.lines if isinstance(line, Fixed)}

    def our_name(self, theirs: str) -> str:
        """Return the name of a hyperparameter here; one without an axis keeps its own."""
        line = self.same.get(theirs)
        return theirs if line is None else line.our_name

    def our_word(self, theirs: str, value: Value) -> Value:
        """Return a value in our words."""
        line = self.same.get(theirs)
        return value if line is None else line.our_word(value)

    def renamed(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """Return the same values under our names; what has no axis of ours keeps its name."""
        same = self.same
        return {
            same[name].our_name if name in same else name: (
                same[name].our_word(value) if name in same else value
            )
            for name, value in values.items()
        }

    def objection(self, values: Mapping[str, Value]) -> str:
        """Return why a configuration is not one of our learner; "" if nothing says so.

        Whether a value has the type of its axis is not looked at, nor are other steps of a
        pipeline.
        """
        for line in self.lines:
            if isinstance(line, Unstated):
                return f"{line.ours} is {line.reason}"
        shares = {line.theirs for line in self.same.values() if line.is_share}
        wanted = {line.theirs: line.value for line in self.lines if isinstance(line, Only)}
        known = {line.theirs for line in self.lines if isinstance(line, (Same, Only, Ignored))}
        step = f"{self.name}__" if any("__" in name for name in known) else ""
        for name, value in values.items():
            if name in wanted and not _is_same(value, wanted[name]):
                return f"{name} is not {wanted[name]!r}"
            if name in shares and isinstance(value, int):
                return f"{name} is a count, not a share"
            if name not in known and name.startswith(step):
                return f"{name} is no hyperparameter of ours"
        return ""


def _is_same(value: Value, other: Value) -> bool:
    return type(value) is type(other) and value == other


def published(
    library: str, algorithm: str, hyperparameters: Collection[str] = ()
) -> Published | None:
    """Return what a stored algorithm is; None if it is no learner of ours, or unknown.

    Args:
        library: The library of the stored algorithm, which names the source.
        algorithm: Its stored name.
        hyperparameters: Names of its hyperparameters, which identify the learner of a flow.
    """
    steps = {name.partition("__")[0] for name in hyperparameters if "__" in name}
    names = steps if library == "openml" else {algorithm}
    found = [entry for entry in TABLES.get(library, ()) if entry.name in names]
    return found[0] if len(found) == 1 else None


_COLUMNS = "the root of the number of columns"
_BY_VERSION = "10 or 100, by the release of scikit-learn"
_UNWEIGHTED = Fixed("class_weight", "none")
_OBOE_FOREST = (
    Same("criterion"),
    Same("min_samples_split"),
    Fixed("min_samples_leaf", 1),
    _UNWEIGHTED,
    Unstated("n_estimators", _BY_VERSION),
    Unstated("max_features", _COLUMNS),
)
_OBOE = (
    Published("AB", "adaboost", (
        Same("n_estimators"),
        Same("learning_rate"),
        Fixed("max_depth", 1),
    )),
    Published("DT", "decision_tree", (
        Only("min_samples_split", 2),
        Fixed("max_depth", 32),  # no limit
        Fixed("min_samples_leaf", 1),
        Fixed("max_features", 1.0),
        Fixed("criterion", "gini"),
        _UNWEIGHTED,
    )),
    Published("ExtraTrees", "extra_trees", (*_OBOE_FOREST, Fixed("bootstrap", False))),
    Published("RF", "random_forest", (*_OBOE_FOREST, Fixed("bootstrap", True))),
    Published("GNB", "naive_bayes", (
        Fixed("var_smoothing", 1e-9),
    )),
    Published("KNN", "k_nearest_neighbors", (
        Same("n_neighbors"),
        Same("p"),
        Fixed("weights", "uniform"),
    )),
    Published("Logit", "logistic_regression", (
        Same("C"),
        Only("penalty", "l2"),
        Ignored("solver"),
        _UNWEIGHTED,
    )),
    Published("MLP", "mlp", (
        Same("alpha"),
        Same("learning_rate_init"),
        Only("solver", "adam"),
        Ignored("learning_rate"),  # of sgd only
        Fixed("n_layers", 1),
        Fixed("layer_size", 100),
        Fixed("activation", "relu"),
        Fixed("max_iter", 200),
    )),
    Published("kSVM", "svc", (
        Same("C"),
        Same("kernel"),
        Same("coef0"),
        Fixed("degree", 3),
        _UNWEIGHTED,
        Unstated("gamma", "1 / number of columns"),
    )),
    Published("lSVM", "linear_svm", (
        Same("C"),
        _UNWEIGHTED,
    )),
)  # fmt: skip


def _steps(name: str, *lines: Line) -> tuple[Line, ...]:
    """Return lines whose published names have the step of the pipeline in front."""
    found: list[Line] = []
    for line in lines:
        if isinstance(line, Same):
            line = replace(line, theirs=f"{name}__{line.theirs}", ours=line.our_name)
        elif isinstance(line, (Only, Ignored)):
            line = replace(line, theirs=f"{name}__{line.theirs}")
        found.append(line)
    return tuple(found)


_FLOW_FOREST = (
    Same("n_estimators"),
    Same("max_features", is_share=True),
    Same("min_samples_leaf"),
    Same("min_samples_split"),
    Same("bootstrap"),
    Same("criterion"),
    Only("max_depth", None),
    Only("max_leaf_nodes", None),
    Only("min_weight_fraction_leaf", 0.0),
    _UNWEIGHTED,
)
_FLOWS = (
    Published("randomforestclassifier", "random_forest",
              _steps("randomforestclassifier", *_FLOW_FOREST)),
    Published("extratreesclassifier", "extra_trees",
              _steps("extratreesclassifier", *_FLOW_FOREST)),
    Published("adaboostclassifier", "adaboost", _steps(
        "adaboostclassifier",
        Same("n_estimators"),
        Same("learning_rate"),
        Same("base_estimator__max_depth", "max_depth"),
        Ignored("algorithm"),  # SAMME alone is left since scikit-learn 1.6
    )),
    Published("svc", "svc", _steps(
        "svc",
        Same("C"),
        Same("kernel"),
        Same("gamma"),
        Same("degree"),
        Same("coef0"),
        Ignored("shrinking"),
        Ignored("tol"),
        _UNWEIGHTED,
    )),
)  # fmt: skip

_TST = (
    Published("tst-svm", "svc", (
        Same("C"),
        Same("kernel", words={"polynomial": "poly"}),
        Same("gamma"),
        Same("degree"),
        _UNWEIGHTED,
        Unstated("coef0", "not published"),
    )),
)  # fmt: skip

TABLES: Mapping[str, tuple[Published, ...]] = {"oboe": _OBOE, "openml": _FLOWS, "tst": _TST}
