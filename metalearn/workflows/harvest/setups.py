"""Configurations of setups: setups and flows are fetched once, in bulk, and cached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from metalearn.core.configuration import Configuration
from metalearn.core.records import Batch
from metalearn.core.task import Kind
from metalearn.errors import InputError, UsageError
from metalearn.harvesters.openml import (
    Converter,
    PackedAnswer,
    UnansweredError,
    bare_component,
)
from metalearn.harvesters.openml.lookups import Asks, fetch_flow, fetch_setups
from metalearn.harvesters.openml.pages import Component, EvaluationRow, SetupRow, read_flow
from metalearn.harvesters.openml.spaces import Mapped
from metalearn.learners import CATALOGUE
from metalearn.store import Cursor, open_store
from metalearn.workflows.harvest.known_rows import (
    HARVESTER,
    KnownRows,
    RowKey,
    StoredEvaluation,
    TaskFacts,
    context_of,
    setup_state,
)
from metalearn.workflows.harvest.loading import Loader
from metalearn.workflows.harvest.rows import configuration_rows, cursor, page_source

__all__ = ["SetupBook"]

_BLOCK = 1000


class SetupBook:
    """Returns the configuration of every setup, and fetches unknown ones.

    Args:
        client: Sends the requests.
        memory: Rows that the store already holds.
        loader: Loads new configurations into the store.
        kb: The store, which holds flows fetched earlier.
        outside: Counts setups that fit none of our spaces, by reason.
    """

    def __init__(
        self, client: Asks, memory: KnownRows, loader: Loader, kb: Path, outside: Counter[str]
    ) -> None:
        self._client, self._memory, self._loader = client, memory, loader
        self._kb, self._outside = kb, outside
        self._converters: dict[int, Converter] = {}
        self._seen: set[str] = set()  # configurations queued by this harvest
        self._trouble: dict[int, str] = {}
        self._blocks: dict[tuple[int, int], set[int]] = {}
        for setup, flow in memory.setup_flow.items():
            self._blocks.setdefault((flow, setup // _BLOCK), set()).add(setup)

    def configuration_of(
        self, row: EvaluationRow, old: StoredEvaluation | None
    ) -> tuple[str | None, str]:
        """Return the configuration of a row, or None and the reason."""
        if old is not None:
            return old.configuration, ""
        facts = self._memory.tasks.get(row.task)
        if facts is None:
            return None, "the server does not know its task"
        if not facts.kind:
            return None, "task that is neither classification nor regression"
        key = self._memory.configuration(row.setup, facts)
        if key is None:
            return None, self._trouble.get(row.setup, "the server does not list its setup")
        return key, ""

    def learn(
        self, rows: Sequence[EvaluationRow], stored: Mapping[RowKey, StoredEvaluation]
    ) -> None:
        """Fetch the unknown setups of new rows."""
        wanted: dict[int, dict[str, TaskFacts]] = {}
        names: dict[int, str] = {}
        for row in rows:
            facts = self._memory.tasks.get(row.task)
            if facts is None or not facts.kind or (row.run, row.engine) in stored:
                continue
            if self._memory.configuration(row.setup, facts) is None:
                wanted.setdefault(row.setup, {})[context_of(facts)] = facts
                names[row.flow] = row.flow_name
        try:
            for setups, answer in fetch_setups(self._client, sorted(wanted)):
                self.keep(setups, wanted, names, answer.packed())
        except UnansweredError as error:
            for setup in wanted:
                self._trouble.setdefault(setup, str(error))

    def keep(
        self,
        setups: Sequence[SetupRow],
        wanted: Mapping[int, Mapping[str, TaskFacts]],
        names: Mapping[int, str],
        page: PackedAnswer,
    ) -> None:
        """Convert setups and queue their configurations.

        Args:
            setups: Setups of a page.
            wanted: Setup -> tasks for which its configuration is needed, by context.
            names: Names of flows, used if a flow cannot be fetched.
            page: The page of the setups.
        """
        fresh: dict[str, tuple[Configuration, str]] = {}
        touched: set[tuple[int, int]] = set()
        for setup in setups:
            converter = self._converter(setup, names.get(setup.flow, f"flow {setup.flow}"))
            for configuration in self._converted(converter, setup, wanted.get(setup.setup, {})):
                fresh[configuration.key] = configuration, converter.dialect
            block = (setup.flow, setup.setup // _BLOCK)
            self._blocks.setdefault(block, set()).add(setup.setup)
            touched.add(block)
        new = {key: value for key, value in fresh.items() if key not in self._seen}
        self._seen |= new.keys()
        algorithms, configurations = configuration_rows(new)
        batch = Batch(page_source(page), algorithms=algorithms, configurations=configurations)
        self._loader.add(batch, pages=[page], cursors=self._cursors(touched))

    def _converted(
        self, converter: Converter, setup: SetupRow, contexts: Mapping[str, TaskFacts]
    ) -> list[Configuration]:
        """Return the configurations of a setup on the tasks where it was used."""
        known = self._memory.setups.setdefault(setup.setup, {})
        self._memory.setup_flow[setup.setup] = setup.flow
        found = []
        for facts in contexts.values():
            if self._memory.configuration(setup.setup, facts) is not None:
                continue  # independent of the number of columns
            kind: Kind = "regression" if facts.kind == "regression" else "classification"
            converted = converter.convert(setup, kind, facts.n_features)
            context = context_of(facts) if converted.depends_on_columns else kind[0]
            known[context] = converted.configuration.key
            found.append(converted.configuration)
            if converted.reason:
                self._outside[converted.reason] += 1
        return found

    def _cursors(self, touched: set[tuple[int, int]]) -> list[Cursor]:
        return [
            Cursor(HARVESTER, f"setups/{flow}/{block}",
                   setup_state({s: self._memory.setups[s] for s in self._blocks[flow, block]}))
            for flow, block in sorted(touched)
        ]  # fmt: skip

    def _converter(self, setup: SetupRow, name: str) -> Converter:
        known = self._converters.get(setup.flow)
        if known is None:
            component = self._stored_flow(setup.flow) or self._fetched_flow(setup.flow)
            known = Converter(component or bare_component(setup, name), _in_space)
            self._converters[setup.flow] = known
        return known

    def _stored_flow(self, flow: int) -> Component | None:
        if flow not in self._memory.flows or not self._kb.exists():
            return None
        with open_store(self._kb) as store:
            pages = store.pages(HARVESTER, f"flow/{flow}")
        return read_flow(pages[-1].body) if pages and pages[-1].is_intact else None

    def _fetched_flow(self, flow: int) -> Component | None:
        found = fetch_flow(self._client, flow)
        if found is None:
            return None
        component, answer = found
        page = answer.packed()
        about = cursor(f"flow/{flow}", {"name": component.name}, page.time)
        self._loader.add(Batch(page_source(page)), pages=[page], cursors=[about])
        self._memory.flows.add(flow)
        return component


def _in_space(mapped: Mapped) -> Configuration:
    """Return the configuration on our axes; `InputError` if a value is outside."""
    try:
        space = CATALOGUE.get(mapped.algorithm).space(mapped.kind)
        return space.configuration(mapped.values)
    except (UsageError, TypeError, ValueError) as error:
        raise InputError(str(error)) from None
