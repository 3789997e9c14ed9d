"""Writes the evaluations of a fit, their seconds and the task's meta-features to the store.

No values of the table are stored. Evaluations are in the journal of the store before `fit`
returns. Merging them into the store takes a second or two. This happens in the fit if its budget
allows, otherwise in a later fit or when the program ends. Until then fits on the same table read
the journal (`earlier_fits`).
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import logging
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metalearn import __version__
from metalearn.automl.bounded import within
from metalearn.automl.fit_task import FitTask
from metalearn.automl.library import FitTrial, Library
from metalearn.automl.objective import objective_of
from metalearn.automl.procedure import procedure_of
from metalearn.errors import BusyError, MetalearnError
from metalearn.learners.evaluation import FoldScores
from metalearn.learners.isolation import Outcome
from metalearn.learners.scores import METRICS_OF
from metalearn.learners.tables import Table
from metalearn.metafeatures import MetaFeatures
from metalearn.workflows.writeback.journal import Journal, Record
from metalearn.workflows.writeback.records import (
    evaluation_record,
    features_record,
    journal_of,
    journal_path,
    task_record,
)
from metalearn.workflows.writeback.sink import EvaluationSink, sink_of

__all__ = ["SOURCE", "Remembering", "remembering_for"]

SOURCE = f"automl:{__version__}"
_PUBLISH_S, _COPY_S = 1.5, 4.0
_PUBLISH_SHARE = 12.0
"""Least ratio of the budget to the seconds of merging results into the store."""
_RETRY_S = 0.1
_NOTHING = "nothing is remembered"
_WAITING: dict[Path, EvaluationSink] = {}
"""Stores whose journal is merged when the program ends."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Remembering:
    """Where the evaluations of a fit go.

    Attributes:
        sink: Writer to the store; without a path nothing is stored.
        note: Why nothing is remembered; "" if something is.
        needed_s: Expected seconds of merging the records into the store.
    """

    sink: EvaluationSink
    note: str
    needed_s: float

    def fits_into(self, budget_s: float) -> bool:
        """Whether merging results into the store takes a small part of a budget."""
        return self.is_on and budget_s >= _PUBLISH_SHARE * self.needed_s

    @property
    def is_on(self) -> bool:
        """Whether anything is remembered."""
        return self.sink.kb is not None

    def write(
        self,
        library: Library,
        table: Table,
        features: MetaFeatures | None,
        *,
        first: int,
        publishes: bool,
        left_s: float,
    ) -> tuple[bool, str]:
        """Append trials to the journal, and merge it into the store.

        Args:
            library: All trials.
            table: The table.
            features: Its meta-features; None if they were not computed.
            first: The first trial to write.
            publishes: Whether to merge; else a later fit does.
            left_s: Seconds after which it ends; what is in the journal then stays there.

        Returns:
            Whether the trials are kept, and what went wrong or "".
        """
        kb = self.sink.kb
        if kb is None or len(library.trials) <= first:
            return False, ""

        def steps() -> Iterator[str]:
            records = records_of(library, table, features, first)
            with _held_journal(kb, 0.5 * left_s) as journal:
                for record in records:
                    journal.append(record)
            yield ""
            if publishes:
                yield _published(self.sink)

        try:
            note = within(time.monotonic() + left_s, steps)
        except (MetalearnError, OSError) as error:
            return False, f"{_NOTHING}: {error}"
        if note is None:
            return False, f"{_NOTHING}: the time budget was over before it was written"
        return True, note

    @property
    def journal(self) -> Path | None:
        """The journal of the store; None if nothing is remembered."""
        return None if self.sink.kb is None else journal_path(self.sink.kb)

    def take_in_what_waits(self, budget_s: float) -> None:
        """Merge what earlier fits left in the journal into the store, if the budget allows."""
        journal = self.journal
        if journal is None or not self.fits_into(budget_s):
            return
        if journal.exists() and journal.stat().st_size:
            _published(self.sink)

    def merge_at_exit(self) -> None:
        """Merge the journal into the store when the program ends."""
        if self.sink.kb is None:
            return
        if not _WAITING:
            atexit.register(_merge_all)
        _WAITING[self.sink.kb] = self.sink


def _merge_all() -> None:
    for sink in _WAITING.values():
        _published(sink)


@contextlib.contextmanager
def _held_journal(kb: Path, patience_s: float) -> Iterator[Journal]:
    """Hold the journal of a store; while another fit holds it, wait a little."""
    until = time.monotonic() + patience_s
    while True:
        try:
            held = journal_of(kb)
            break
        except BusyError:
            if time.monotonic() > until:
                raise
            time.sleep(_RETRY_S)
    with held:
        yield held


def _published(sink: EvaluationSink) -> str:
    try:
        with sink:
            pass
    except (MetalearnError, OSError) as error:
        _log.warning("what was found waits in the journal: %s", error)
        return f"what was found is not part of the store yet: {error}"
    return ""


def remembering_for(kb: Any, remember: bool) -> Remembering:
    """Return where the evaluations of a fit go.

    Args:
        kb: A store, its path, or None for the default.
        remember: Whether anything is to be remembered.
    """
    from metalearn.store import Store, open_store

    named = kb if kb is not None else os.environ.get("METALEARN_KB") or None
    try:
        if not remember:
            found = EvaluationSink(None)
        elif isinstance(named, Store):
            found = sink_of(named, is_named=True, remember=True)
        elif named is not None and not Path(named).expanduser().exists():
            # A new store starts as a copy, so that it has the known tasks.
            found = EvaluationSink(Path(named).expanduser(), copied_from=known_store())
        else:
            with open_store(named) as store:
                found = sink_of(store, is_named=named is not None, remember=True)
    except (MetalearnError, OSError) as error:
        return Remembering(EvaluationSink(None), f"nothing is remembered: {error}", 0.0)
    is_new = found.kb is not None and not found.kb.exists()
    return Remembering(found, found.note, _COPY_S if is_new else _PUBLISH_S)


def known_store() -> Path:
    """Return the store that a new one is copied from: the user's own, else the bundled one."""
    from metalearn.store import bundled_store, user_store

    own = user_store()
    return own if own.exists() else bundled_store()


def records_of(
    library: Library, table: Table, features: MetaFeatures | None, first: int
) -> list[Record]:
    """Return the records of the trials from number `first` on; none if no trial can be stored."""
    trials = [t for t in library.trials[first:] if t.status in ("ok", "failed", "crashed")]
    if not trials:
        return []
    fit_task = library.task
    procedure = procedure_of(fit_task)
    short = hashlib.sha256(procedure.encode()).hexdigest()[:6]
    task = table.task(f"table:{table.name}@{table.digest()}-{short}")
    records = [task_record(task, table.target, procedure, source=SOURCE)]
    records += [
        evaluation_record(task.key, trial.configuration, _outcome(fit_task, trial))
        for trial in trials
    ]
    if features is not None:
        records.append(features_record(task.key, features))
    return records


def _outcome(fit_task: FitTask, trial: FitTrial) -> Outcome:
    if trial.status != "ok":
        return Outcome("failed" if trial.status == "failed" else "crashed", trial.reason, ())
    return Outcome("ok", "", tuple(_fold_scores(fit_task, trial)))


def _fold_scores(fit_task: FitTask, trial: FitTrial) -> Sequence[FoldScores]:
    """Return the finite scores of each fold under the metrics of the store."""
    names = [
        name
        for name in METRICS_OF[fit_task.kind]
        # Margins have no log loss of their own: it would be that of our calibration.
        if not (name == "log_loss" and trial.calibrator is not None)
    ]
    objectives = [objective_of(name, fit_task.kind) for name in names]
    start, scores = 0, []
    n_folds = fit_task.n_folds
    for fold, (_, test) in enumerate(fit_task.validation.splits):
        part = trial.predictions[start : start + len(test)].astype(float)
        start += len(test)
        truth = fit_task.fold_truth(fold)
        found = {o.name: o.score(o.loss(truth, part)) for o in objectives}
        finite = {name: value for name, value in found.items() if abs(value) < float("inf")}
        scores.append(FoldScores(fold, finite, trial.fit_s / n_folds, trial.predict_s / n_folds))
    return scores
