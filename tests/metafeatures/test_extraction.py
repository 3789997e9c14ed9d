"""Groups, budgets, reasons, and tables that nobody would wish for."""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from time import sleep

import numpy as np
import pandas as pd
import pytest

from metalearn.errors import InputError, ShapeError, UnknownNameError, UsageError
from metalearn.metafeatures import (
    DEFAULT_GROUPS,
    EXTRACTOR,
    GROUPS,
    Limits,
    extract,
    extraction,
    feature_names,
    group_names,
)
from metalearn.testing.tables import HOSTILE, TABLES

KINDS = ("classification", "regression")


def _target(y: pd.Series, kind: str) -> pd.Series:
    return y if kind == "classification" else pd.Series(np.arange(len(y)) ** 1.5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tables_give_nan_with_a_reason_and_no_warning(name, kind):
    X, y = HOSTILE[name]()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = extract(X, _target(y, kind), kind=kind, groups=("all",))
    missing = {name for name, value in found.values.items() if np.isnan(value)}
    assert missing == set(found.reasons)
    assert all(found.reasons.values())
    assert np.isfinite([v for v in found.values.values() if not np.isnan(v)]).all()
    assert tuple(found.values) == feature_names(kind, ("all",))
    assert found.values["nr_attr"] == X.shape[1]


@pytest.mark.parametrize("kind", KINDS)
def test_values_do_not_depend_on_groups_or_their_order(kind):
    X, y = TABLES["mixed"]()
    y = _target(y, kind)
    together = extract(X, y, kind=kind, groups=GROUPS.names()).values
    for group in reversed(GROUPS.names()):
        alone = extract(X, y, kind=kind, groups=[group]).values
        for name, value in alone.items():
            assert together[name] == value or np.isnan(value), name


def test_only_computes_what_is_asked_for():
    X, y = TABLES["mixed"]()
    everything = extract(X, y, kind="classification").values
    found = extract(X, y, kind="classification", only=["nr_inst", "cor.mean"])
    assert dict(found.values) == {name: everything[name] for name in ("nr_inst", "cor.mean")}
    assert set(found.seconds) == {"simple", "statistical"}


def test_draws_come_from_the_generator():
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(300, 30)))
    y = pd.Series(np.arange(300) % 2)

    def values(rng):
        return extract(X, y, kind="classification", groups=["information"], rng=rng).values

    assert values(None)["attr_conc.mean"] == values(None)["attr_conc.mean"]
    first = values(np.random.default_rng(1))["attr_conc.mean"]
    assert first == values(np.random.default_rng(1))["attr_conc.mean"]
    assert first != values(np.random.default_rng(2))["attr_conc.mean"]


def test_samples_are_near_the_exact_values():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(1.0, 2.0, size=(20_000, 5)))
    y = pd.Series((X[0] + rng.normal(size=20_000) > 1).astype(int))
    exact = extract(X, y, kind="classification", groups=["statistical"]).values
    limits = Limits(cells=25_000)
    sampled = extract(X, y, kind="classification", groups=["statistical"], limits=limits).values
    assert sampled["mean.mean"] != exact["mean.mean"]
    for name, tolerance in (("mean.mean", 0.1), ("sd.mean", 0.1), ("can_cor.mean", 0.05)):
        assert sampled[name] == pytest.approx(exact[name], abs=tolerance)


def test_a_spent_time_budget_leaves_reasons():
    X, y = TABLES["mixed"]()
    found = extract(X, y, kind="classification", time_budget_s=1e-9)
    assert np.isnan(list(found.values.values())).all()
    assert all("time budget" in reason for reason in found.reasons.values())
    enough = extract(X, y, kind="classification", time_budget_s=60.0)
    plain = extract(X, y, kind="classification")
    assert np.array_equal(
        list(enough.values.values()), list(plain.values.values()), equal_nan=True
    )


def test_seconds_and_version_are_recorded():
    X, y = TABLES["iris"]()
    found = extract(X, y, kind="classification")
    assert tuple(found.seconds) == group_names(DEFAULT_GROUPS)
    assert all(seconds > 0 for seconds in found.seconds.values())
    assert found.extractor == EXTRACTOR
    again = pickle.loads(pickle.dumps(found))
    assert dict(again.values) == pytest.approx(dict(found.values), nan_ok=True)
    assert again.vector(["nr_attr", "unheard of"])[0] == 4


def test_loading_a_module_is_not_a_cost_of_the_table(monkeypatch):
    loaded = []
    monkeypatch.setattr(extraction, "import_module", lambda name: (loaded.append(name), sleep(1)))
    X, y = TABLES["iris"]()
    found = extract(X, y, kind="classification", groups=["model-based"], time_budget_s=0.9)
    assert loaded == ["sklearn.tree"]
    assert found.seconds["model-based"] < 0.9
    assert not any("budget" in reason for reason in found.reasons.values())


def test_free_text_alone_is_named_as_the_reason():
    X = pd.DataFrame({"note": [f"note {i}" for i in range(100)]})
    found = extract(X, pd.Series(np.arange(100) % 2), kind="classification")
    assert "identifier or free text" in found.reasons["mean.mean"]
    assert np.isfinite(found.values["attr_ent.mean"])


def test_misuse_is_explained():
    X, y = TABLES["iris"]()
    with pytest.raises(ShapeError, match="150 rows and y has 149"):
        extract(X, y[:-1], kind="classification")
    with pytest.raises(UnknownNameError, match="known: simple"):
        extract(X, y, kind="classification", groups=["sample"])
    with pytest.raises(UnknownNameError, match="summary"):
        extract(X, y, kind="classification", summaries=["average"])
    with pytest.raises(InputError, match="numeric target"):
        extract(X, y.map(str), kind="regression")
    with pytest.raises(InputError, match="'classification' or 'regression'"):
        extract(X, y, kind="clustering")
    with pytest.raises(UsageError, match="above 0"):
        extract(X, y, kind="classification", time_budget_s=0)


def test_import_stays_light():
    code = (
        "import sys, metalearn.metafeatures; "
        "heavy = [m for m in ('sklearn', 'scipy.stats', 'duckdb') if m in sys.modules]; "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
