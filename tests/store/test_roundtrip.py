"""Whatever a configuration is, it comes back from the database as the same one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metalearn.core import Configuration
from metalearn.core.records import Batch
from metalearn.store import Writer, writing
from tests.store.worlds import COLLECTED, batch, evaluation, frame

text = st.text(st.characters(codec="utf-8"), max_size=12)
value = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), text,
    st.floats(allow_nan=False, allow_infinity=False),
)  # fmt: skip
configuration = st.builds(
    Configuration,
    text.filter(bool),
    st.dictionaries(text.filter(bool), value, max_size=5),
)


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writer]:
    with writing(tmp_path_factory.mktemp("store") / "kb.duckdb") as opened:
        opened.load(batch(n_folds=0, n_configurations=1))
        yield opened


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(configuration, min_size=5, max_size=40, unique_by=lambda c: c.key))
def test_configurations_survive_the_database(
    writer: Writer, configurations: list[Configuration]
) -> None:
    algorithms = dict.fromkeys(c.algorithm for c in configurations)
    report = writer.load(
        Batch(
            COLLECTED,
            algorithms=frame("algorithms", [(a, None, None, None) for a in algorithms]),
            configurations=frame(
                "configurations", [(c.key, c.algorithm, c.canonical) for c in configurations]
            ),
            evaluations=frame(
                "evaluations", [evaluation(configuration=c.key) for c in configurations]
            ),
        )
    )
    assert report.rejected == {}
    found = {c.key: c for c in writer.store.meta_dataset("accuracy").configurations}
    for each in configurations:
        assert found[each.key] == each
        # The store holds what identifies a configuration: numbers of 12 significant digits.
        assert found[each.key].hyperparameters == json.loads(each.canonical)
        assert found[each.key].algorithm == each.algorithm
