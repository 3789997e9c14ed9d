from __future__ import annotations

import pytest

from metalearn.automl.worker import Worker


@pytest.fixture(autouse=True, scope="module")
def _unhurried(request):
    """Let only the readings of the clock count in the fits of a module, not the machine's speed.

    Advice and weights are computed in this process, and every answer of a worker is waited for.
    Modules that set `REAL_TIME` test just these.
    """
    if getattr(request.module, "REAL_TIME", False):
        yield
        return
    receive = Worker.receive

    def waits(worker):
        if worker.is_busy:
            worker.pipe.poll(300.0)
        return receive(worker)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("metalearn.automl.bounded.CAN_FORK", False)
        patch.setattr(Worker, "receive", waits)
        yield
