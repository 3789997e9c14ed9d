"""Evaluations drawn from the surrogates of YAHPO Gym (Pfisterer et al. 2022).

A folder with `config_space.json`, `encoding.json` and a network (`.onnx`), or a folder of such
folders. There are no recorded runs: random configurations, the same for every task, are drawn from
the space and the network predicts their scores at the full budget (share of the rows 1, all
repetitions, last epoch). The result is a benchmark, not evidence, since it inherits the
surrogate's bias. Codes are those of `encoding.json`, inactive ones 0; numbers enter as they are,
inactive ones 0.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from metalearn.core.arrays import Floats
from metalearn.core.configuration import Configuration
from metalearn.core.records import Batch, Source
from metalearn.errors import InputError, MissingPackageError, UsageError
from metalearn.harvesters import frames
from metalearn.harvesters.features import FeatureTable, counts_of, plain_id, read_features
from metalearn.harvesters.files import lines, require, source_of
from metalearn.harvesters.options import Options
from metalearn.harvesters.scoring import refuse_options
from metalearn.harvesters.yahpo_files import (
    INACTIVE,
    encoding_in,
    is_scenario,
    network_bytes,
    networks_in,
    space_in,
)
from metalearn.harvesters.yahpo_scenarios import (
    FIDELITIES,
    METRIC_OF,
    SCENARIOS,
    SECONDS,
    Scenario,
)

if TYPE_CHECKING:
    from metalearn.core.metric import Metric
    from metalearn.core.space import Space

__all__ = ["YahpoSurrogate", "load_surrogate", "read"]

_SHARE = "trainsize"


def read(path: Path, options: Options = Options()) -> Iterator[Batch]:  # noqa: B008  # frozen
    """Yield drawn evaluations of the surrogates under `path`; see `Reader`."""
    require(path, "the folder of a YAHPO scenario")
    if options.n_configurations < 1:
        raise UsageError(
            f"expected at least 1 configuration to draw, got {options.n_configurations}"
        )
    refuse_options("yahpo", options, "all outputs of its surrogates are known and imported",
                   "score", "direction")  # fmt: skip
    top = path if path.is_dir() else path.parent
    folders = [f for f in [top, *sorted(top.rglob("*"))] if f.is_dir() and is_scenario(f)]
    if not folders:
        raise InputError(
            f"{path.name}: expected a folder with config_space.json, encoding.json and a network "
            f"(.onnx), or a folder of such folders"
        )
    features = read_features(options.meta_features) if options.meta_features else None
    for surrogate in [load_surrogate(folder, options.task_column) for folder in folders]:
        yield from _draw(surrogate, options, features)


@dataclass(frozen=True, slots=True)
class YahpoSurrogate:
    """A network that predicts the scores of one algorithm on many tasks.

    Attributes:
        name: Name of the scenario, and of its algorithm.
        scenario: Order of its inputs and outputs.
        space: Its space, without task and budget.
        full: The full budget of each fidelity.
        encoding: Codes of categories.
        session: The network; onnxruntime has no types.
        source: Where it comes from.
    """

    name: str
    scenario: Scenario
    space: Space
    full: dict[str, float]
    encoding: dict[str, dict[str, int]]
    session: Any  # onnxruntime has no types
    source: Source

    @property
    def tasks(self) -> tuple[str, ...]:
        """Ids of the tasks, in order."""
        names = [n for n in self.encoding.get(self.scenario.task, {}) if n != INACTIVE]
        return tuple(sorted(names, key=lambda n: (len(n), n)))

    @property
    def metrics(self) -> dict[str, Metric]:
        """What it predicts, seconds aside, by name of the metric."""
        found = [METRIC_OF[n] for n in self.scenario.outputs if n not in SECONDS]
        return {metric.name: metric for metric in found}

    def inputs(self, configurations: list[Configuration]) -> tuple[Any, Any]:
        """Return configurations as the network's inputs: codes without a task, and numbers."""
        return _encoded(self, configurations)

    def scores(
        self, task: str, inputs: tuple[Any, Any], metric: str, fidelity: float = 1.0
    ) -> Floats:
        """Return `(n,)` predicted scores on a task.

        Args:
            task: Id of the task.
            inputs: Of `inputs`; changed.
            metric: Name of one of `metrics`.
            fidelity: Share of the training rows, where the scenario has a budget for them.
        """
        codes, numbers = inputs
        outputs = [METRIC_OF[n].name if n in METRIC_OF else "" for n in self.scenario.outputs]
        codes[:, 0] = self.encoding[self.scenario.task][task]
        if _SHARE in self.scenario.numbers:
            numbers[:, self.scenario.numbers.index(_SHARE)] = self.full[_SHARE] * fidelity
        return _predicted(self, codes, numbers)[:, outputs.index(metric)]


def load_surrogate(folder: Path, task: str = "") -> YahpoSurrogate:
    """Return the surrogate that lies in the folder of a scenario.

    Args:
        folder: The folder; its files are known by what they hold.
        task: Name of the input that says which data set; "" = the usual one, or the one left.

    Raises:
        InputError: If the folder holds no scenario that is supported.
        MissingPackageError: If onnxruntime is not installed (extra `onnx`).
    """
    files = {"config_space.json": space_in(folder), "encoding.json": encoding_in(folder)}
    networks = networks_in(folder)
    missing = [name for name, file in files.items() if file is None]
    if missing or not networks:
        absent = ", ".join([*missing, *([] if networks else ["a network (.onnx)"])])
        raise InputError(f"{folder.name}/: expected a YAHPO scenario; missing: {absent}")
    described, encoding = (_json(file) for file in files.values() if file is not None)
    name, scenario = _named(folder, described, task)
    session = _session(networks[0])
    n_codes, n_numbers = (session.get_inputs()[i].shape[1] for i in range(2))
    expected = 1 + len(scenario.codes), len(scenario.numbers), len(scenario.outputs)
    if (n_codes, n_numbers, session.get_outputs()[0].shape[1]) != expected:
        raise InputError(
            f"{folder.name}/{networks[0].name}: expected a network with {expected[0]} codes, "
            f"{expected[1]} numbers and {expected[2]} outputs for {name}, got another one; this "
            f"version of the surrogate is not supported"
        )
    space, full = _space(name, scenario, described)
    source = source_of("yahpo", networks[0], *(file for file in files.values() if file))
    return YahpoSurrogate(name, scenario, space, full, encoding, session, source)


def _json(path: Path) -> dict[str, Any]:  # Any: what JSON holds
    try:
        loaded = json.loads("".join(lines(path)))
    except json.JSONDecodeError as error:
        raise InputError(
            f"{path.parent.name}/{path.name}, line {error.lineno}: not JSON ({error.msg})"
        ) from None
    if not isinstance(loaded, dict):
        raise InputError(f"{path.parent.name}/{path.name}: expected a JSON object")
    return loaded


def _named(folder: Path, described: dict[str, Any], task: str) -> tuple[str, Scenario]:
    """Return the scenario with these hyperparameters; the task may have another name."""
    listed = described.get("hyperparameters")
    names = {str(h.get("name")) for h in listed or () if isinstance(h, dict)}
    for name, scenario in SCENARIOS.items():
        inputs = {*scenario.codes, *scenario.numbers}
        rest = names - inputs
        if inputs <= names and len(rest) == 1 and (not task or task in rest):
            return name, replace(scenario, task=rest.pop())
    if task and task not in names:
        raise UsageError(f"--task-column: there is no hyperparameter {task!r}; {folder.name}/ has "
                         f"{', '.join(sorted(names)) or 'none'}")  # fmt: skip
    raise InputError(
        f"{folder.name}/: its hyperparameters {', '.join(sorted(names)) or '(none)'} are those of "
        f"no supported scenario; supported: {', '.join(SCENARIOS)}"
    )


def _session(path: Path) -> Any:  # onnxruntime has no types
    try:
        import onnxruntime
    except ImportError:
        raise MissingPackageError("onnxruntime", "onnx", "drawing from YAHPO surrogates") from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(
            network_bytes(path), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime raises bare classes of its own
        raise InputError(f"{path.parent.name}/{path.name}: not an ONNX network: {error}") from None


def _space(
    name: str, scenario: Scenario, described: dict[str, Any]
) -> tuple[Space, dict[str, float]]:
    """Return the space without task and budget, and the full budget."""
    import ConfigSpace

    from metalearn.core.space import Space

    with warnings.catch_warnings():  # the files are of an older version of the format
        warnings.simplefilter("ignore")
        whole = ConfigSpace.ConfigurationSpace.from_serialized_dict(described)
    kept = {n for n in whole if n != scenario.task and n not in FIDELITIES}
    space = ConfigSpace.ConfigurationSpace(name=name)
    space.add([whole[n] for n in whole if n in kept])
    space.add(whole.conditions)
    space.add(whole.forbidden_clauses)
    found = Space(name, space)
    full = {a.name: a.upper for a in Space(name, whole).axes if a.name in FIDELITIES}
    return found, full


def _draw(
    surrogate: YahpoSurrogate, options: Options, features: FeatureTable | None
) -> Iterator[Batch]:
    rng = np.random.default_rng(options.seed)
    drawn = surrogate.space.sample(options.n_configurations, rng)
    configurations = list(dict.fromkeys(drawn))
    codes, numbers = _encoded(surrogate, configurations)
    scenario = surrogate.scenario
    rejections = frames.Rejections()
    rejections.add("drawn twice", len(drawn) - len(configurations))
    head = Batch(
        surrogate.source,
        algorithms=frames.algorithms_frame({surrogate.name: surrogate.space.to_json()}, "yahpo"),
        configurations=frames.configurations_frame(configurations),
        metrics=frames.metrics_frame(METRIC_OF[n] for n in scenario.outputs if n not in SECONDS),
        rejected=rejections.as_mapping(),
    )
    yield head
    size = max(1, frames.BATCH_ROWS // (len(configurations) * len(scenario.outputs)))
    names = surrogate.tasks
    keys = head.configurations["configuration"].to_numpy()
    for start in range(0, len(names), size):
        rejections = frames.Rejections()
        chosen = {name: _task(scenario, name, features) for name in names[start : start + size]}
        parts = []
        for name, task in chosen.items():
            codes[:, 0] = surrogate.encoding[scenario.task][name]
            values = _predicted(surrogate, codes, numbers)
            parts.append(_evaluations(scenario, task.task, keys, values, rejections))
        ids = {task.task: plain_id(name) for name, task in chosen.items()}
        yield Batch(
            surrogate.source,
            tasks=frames.tasks_frame(chosen.values()),
            evaluations=pd.concat(parts, ignore_index=True),
            meta_features=frames.no_features() if features is None else features.frame(ids),
            rejected=rejections.as_mapping(),
        )


def _predicted(surrogate: YahpoSurrogate, codes: Any, numbers: Any) -> Floats:
    """Return `(n, n_outputs)` in the order of the scenario's outputs."""
    names = (each.name for each in surrogate.session.get_inputs())
    (output,) = surrogate.session.run(None, dict(zip(names, (codes, numbers), strict=True)))
    return np.asarray(output, dtype=np.float64)


def _task(scenario: Scenario, id_: str, features: FeatureTable | None) -> frames.TaskRow:
    is_task = scenario.suite == "lcbench"  # all others call data sets tasks
    dataset = f"openml-task:{id_}" if is_task else f"openml:{id_}"
    n_rows, n_features, n_classes = counts_of(features, plain_id(id_))
    return frames.TaskRow(
        task=f"yahpo:{scenario.suite}:{id_.zfill(8)}",
        name=dataset,
        dataset=dataset,
        procedure=frames.procedure("yahpo", suite=scenario.suite, estimation="surrogate"),
        family=dataset,
        n_rows=n_rows,
        n_features=n_features,
        n_classes=n_classes,
    )


def _encoded(surrogate: YahpoSurrogate, configurations: list[Configuration]) -> tuple[Any, Any]:
    """Return codes, `(n, 1 + n_codes)` with an empty task column; numbers, `(n, n_numbers)`."""
    scenario = surrogate.scenario
    codes = np.zeros((len(configurations), 1 + len(scenario.codes)), dtype=np.int32)
    numbers = np.zeros((len(configurations), len(scenario.numbers)), dtype=np.float32)
    for i, configuration in enumerate(configurations):
        given = configuration.hyperparameters
        for j, name in enumerate(scenario.codes, start=1):
            if name in given:
                codes[i, j] = surrogate.encoding[name][str(given[name])]
        for j, name in enumerate(scenario.numbers):
            value = surrogate.full[name] if name in surrogate.full else given.get(name, 0)
            numbers[i, j] = float(value or 0)
    return codes, numbers


def _evaluations(
    scenario: Scenario, task: str, keys: Any, values: Floats, rejections: frames.Rejections
) -> pd.DataFrame:
    seconds = {
        SECONDS[name]: np.where(values[:, j] >= 0, values[:, j], np.nan)
        for j, name in enumerate(scenario.outputs)
        if name in SECONDS
    }
    parts = []
    for j, name in enumerate(scenario.outputs):
        if name in SECONDS:
            continue
        metric = METRIC_OF[name]
        finite, wrong = np.isfinite(values[:, j]), frames.out_of_range(values[:, j], metric)
        rejections.add(f"{metric.name} is not finite", int((~finite).sum()))
        rejections.add(f"{metric.name} predicted outside its range", int(wrong.sum()))
        kept = finite & ~wrong
        parts.append(
            frames.evaluations_frame(
                task=np.full(int(kept.sum()), task, dtype=object),
                configuration=keys[kept],
                metric=metric.name,
                value=values[kept, j],
                **{role: column[kept] for role, column in seconds.items()},
            )
        )
    return pd.concat(parts, ignore_index=True)
