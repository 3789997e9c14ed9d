"""Trials: a finite loss exactly if all went well."""

from __future__ import annotations

import math

import pytest

from metalearn.core.configuration import Configuration
from metalearn.core.trial import Trial
from metalearn.errors import InputError

TRIAL = Trial(Configuration("svc", {"C": 1.0}), number=3, fidelity=0.5)


def test_a_finished_trial_keeps_what_was_asked():
    done = TRIAL.finished(0.25, 2.0)
    assert (done.loss, done.status, done.runtime_s) == (0.25, "ok", 2.0)
    assert (done.configuration, done.number, done.fidelity) == (TRIAL.configuration, 3, 0.5)


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_is_a_failure(loss):
    assert TRIAL.finished(loss).status == "failed"
    assert math.isnan(TRIAL.finished(loss).loss)


def test_a_timeout_costs_its_time():
    late = TRIAL.failed(20.0, "timeout")
    assert (late.status, late.runtime_s) == ("timeout", 20.0)
    assert math.isnan(late.loss)


@pytest.mark.parametrize("fidelity", [0.0, -0.1, 1.5, math.nan])
def test_fidelity_is_a_share(fidelity):
    with pytest.raises(InputError, match="fidelity must be in"):
        Trial(TRIAL.configuration, fidelity=fidelity)


def test_status_and_loss_must_agree():
    with pytest.raises(InputError, match="exactly if its status is 'ok'"):
        Trial(TRIAL.configuration, loss=0.3)
    with pytest.raises(InputError, match="exactly if its status is 'ok'"):
        Trial(TRIAL.configuration, status="ok")
