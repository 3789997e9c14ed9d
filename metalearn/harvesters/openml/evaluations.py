"""Exact reading of the evaluations of a slice whose runs are known, with few requests.

The server's count of an evaluation listing is the number of its runs, evaluated or not. It is an
upper bound on the rows and cannot prove that rows are missing. A page of two rows at the offset of
the last row can: it holds exactly one row if the server has as many rows as were found. Otherwise
runs without a row are requested by their ids, or the slice is listed again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice
from math import ceil

from metalearn.harvesters.openml.addresses import id_batches
from metalearn.harvesters.openml.client import RefusedError, TooManyError, UnansweredError
from metalearn.harvesters.openml.leaves import Key, Leaf
from metalearn.harvesters.openml.listing import ListReader
from metalearn.harvesters.openml.pages import EvaluationRow
from metalearn.harvesters.openml.recent import Hints
from metalearn.harvesters.openml.slices import Slice

__all__ = ["EvaluationReader"]

_MAX_IDS, _LENGTH = 1000, 5500  # of run ids in one address
_TRIES, _N_ALIVE = 4, 5
_CHEAP = 2  # requests for awaited runs that are made without asking whether any has come
_FULL = 0.85  # of an answer, when a slice is listed in parts
EvaluationLeaf = Leaf[EvaluationRow]


@dataclass(slots=True)
class _Found:
    """Rows of runs requested by id; `undecided` are runs without a trustworthy answer."""

    leaf: EvaluationLeaf
    undecided: set[int]


class EvaluationReader:
    """Reads evaluation rows.

    Args:
        lists: Reader of listings; its cells hold numbers of runs.
        runs: From a slice to its known runs, with the number of times that each is listed.
        known: From a slice to the keys of its known rows.
    """

    def __init__(
        self,
        lists: ListReader[EvaluationRow],
        runs: Callable[[Slice], Mapping[int, int]],
        known: Callable[[Slice], set[Key]],
    ) -> None:
        self.lists, self._runs, self._known = lists, runs, known

    def read(self, root: Slice, hints: Hints | None = None) -> list[EvaluationLeaf]:
        """Return the leaves that together hold a slice.

        Args:
            root: The slice.
            hints: Known rows, which need not be listed again; None to list the whole slice.
        """
        runs = self._runs(root)
        if hints is not None and len(runs) > self.lists.page_rows:
            leaves = self._update(root, runs, hints)
            if leaves:
                return leaves
        return self._list(root, runs)

    # --- everything

    def _list(self, root: Slice, runs: Mapping[int, int]) -> list[EvaluationLeaf]:
        leaves = self.lists.read(root)
        for leaf in leaves:
            leaf.is_confirmed = not leaf.trouble
        keys = {key for leaf in leaves for key in leaf.rows}
        has_trouble = any(leaf.trouble for leaf in leaves)
        if not has_trouble and keys and keys == self._known(root):
            return leaves
        n_listed = len(keys) + sum(sum(leaf.rejected.values()) for leaf in leaves)
        if has_trouble or not self._has(root, n_listed):
            self._complete(root, leaves, runs)
        return leaves

    def _complete(
        self, root: Slice, leaves: list[EvaluationLeaf], runs: Mapping[int, int]
    ) -> None:
        """Request by id the runs with fewer rows than the run listing implies."""
        rows = Counter(run for leaf in leaves for run, _ in leaf.rows)
        for leaf in leaves:
            if leaf.trouble:  # named by itself
                rows.update(dict(self._runs(leaf.slice)))
        alive = list(islice((run for leaf in leaves for run, _ in leaf.rows), _N_ALIVE))
        lacking = [run for run, n in runs.items() if rows[run] < n]
        found = self._by_id(root, lacking, alive, insists=True).leaf
        for key, row in found.rows.items():
            home = next((e for e in leaves if e.slice.holds(row.flow, row.task)), None)
            if home is None or key in home.rows:
                continue
            page = found.pages[found.origins[key]]
            if page not in home.pages:
                home.pages.append(page)
            home.rows[key], home.origins[key] = row, home.pages.index(page)

    # --- what has changed

    def _update(
        self, root: Slice, runs: Mapping[int, int], hints: Hints
    ) -> list[EvaluationLeaf] | None:
        """Return the known rows plus the new ones; None if their number does not match."""
        known = self._known(root)
        per_answer = min(self.lists.page_rows, _MAX_IDS)
        n_awaited = ceil(len(hints.awaited) / per_answer)
        is_cheap = n_awaited <= _CHEAP
        newest = {run for run, _ in nlargest(self.lists.page_rows // 2, hints.recent)}
        first = newest | set(hints.fresh) | (set(hints.awaited) if is_cheap else set())
        alive = nlargest(_N_ALIVE, {run for run, _ in known if run in runs})
        found = self._by_id(root, first, alive)
        leaf = found.leaf
        if found.undecided:
            return None
        gone = {key for key in known if key[0] not in runs} - leaf.rows.keys()
        lost = {key for key in known if key[0] in first} - leaf.rows.keys()
        kept = len(known - gone - lost)
        if not self._has(root, kept + len(leaf.rows.keys() - known)):
            relisting = ceil(len(runs) / (_FULL * self.lists.page_rows))
            if is_cheap or n_awaited > relisting:
                return None
            late = self._by_id(root, hints.awaited, alive)
            shift = len(leaf.pages)
            leaf.rows |= late.leaf.rows
            leaf.pages += late.leaf.pages
            leaf.origins |= {key: at + shift for key, at in late.leaf.origins.items()}
            if late.undecided or not self._has(root, kept + len(leaf.rows.keys() - known)):
                return None
        leaf.is_confirmed = leaf.is_addition = True
        leaf.absent = frozenset(gone | lost)
        leaf.compared = frozenset(leaf.rows.keys() & known)
        old = EvaluationLeaf(root, is_confirmed=True, is_unchanged=True)
        return [old, leaf] if leaf.rows or leaf.absent else [old]

    # --- requests

    def _has(self, root: Slice, n: int) -> bool:
        """Return whether the server has exactly that many rows in a slice."""
        try:
            if n == 0:
                return self.lists.n_rows_at(root, 1, 0) == 0
            return self.lists.n_rows_at(root, 2, n - 1) == 1
        except (UnansweredError, RefusedError, TooManyError):
            return False

    def _by_id(
        self, root: Slice, runs: Collection[int], alive: Collection[int], *, insists: bool = False
    ) -> _Found:
        """Request runs by id, each request with some that are known to be listed.

        An answer counts if one of them is in it. Whoever insists asks for the rest again while
        answers bring rows: the listing had lacked them, so an answer may lack some itself.
        """
        found = _Found(EvaluationLeaf(root), set())
        most = max(1, min(self.lists.page_rows - len(alive), _MAX_IDS))
        for batch in id_batches(sorted(runs), most, _LENGTH):
            found.undecided |= self._settle(root, batch, alive, found.leaf, insists=insists)
        return found

    def _settle(
        self,
        root: Slice,
        runs: list[int],
        alive: Collection[int],
        leaf: EvaluationLeaf,
        *,
        insists: bool,
    ) -> set[int]:
        """Add the rows of some runs to a leaf, and return the runs that stay undecided."""
        left, n_vain = set(runs), 0
        for _ in range(_TRIES):
            requested = left.union(alive)
            try:
                rows, answer = self.lists.rows_of_runs(root, sorted(requested))
            except (UnansweredError, RefusedError, TooManyError):
                return left
            fresh = {key: row for key, row in rows.items() if key[0] in left}
            if answer is not None and fresh:
                leaf.origins.update(dict.fromkeys(fresh, len(leaf.pages)))
                leaf.pages.append(answer.packed())
                leaf.rows |= fresh
            left -= {run for run, _ in fresh}
            n_vain += not rows
            is_trusted = any(run in alive for run, _ in rows) or (not alive and n_vain != 1)
            if not left or (is_trusted and not (fresh and insists)):
                return set()
        return left
