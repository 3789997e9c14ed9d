"""One request: its limits hold whatever the server does, and a stop ends it."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count

import numpy as np
import pytest

from metalearn.errors import HarvestError
from metalearn.harvesters.openml import Client, ExchangeLimits, Pace, StoppedError, Transport
from metalearn.harvesters.openml import transport as transport_module
from metalearn.harvesters.openml.client import ExhaustedError, LostError, UnansweredError
from metalearn.harvesters.openml.lookups import fetch_flow, insist
from metalearn.harvesters.openml.pages import read_ids
from metalearn.harvesters.openml.transport import Answer, TransportError

from .loopback import Loopback
from .world import World, make_world

PATH = "study/99"


class NoArchive:
    def take(self, path: str) -> Answer | None:
        return None

    def keep(self, answer: Answer) -> None:
        pass


class Time:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def pace(self, rate: float = 0.0) -> Pace:
        return Pace(rate, np.random.default_rng(0), self.clock, self.wait)


Connect = Callable[..., Transport]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Make transports, and close them in the end."""
    made: list[Transport] = []

    def connect(server: str, pace: Pace | None = None, **more: object) -> Transport:
        made.append(Transport(server, pace or Time().pace(), "test", **more))
        return made[-1]

    yield connect
    for transport in made:
        transport.close()


def suite(body: bytes) -> list[int]:
    return read_ids(body, "tasks", "task_id")


@pytest.fixture
def world() -> World:
    return make_world(n_tasks=2, n_setups=3)


def first(kind: str) -> Callable[[str, int], str | None]:
    return lambda path, n: kind if n == 1 else None


@pytest.mark.parametrize("kind", ["silent", "drip", "close-silent", "close-drip"])
def test_the_limit_on_an_answer_holds_and_the_next_one_is_sound(
    world: World, kind: str, connect: Connect
) -> None:
    limits = ExchangeLimits(answer_s=0.5, stall_s=60.0)
    with Loopback(world, fault=first(kind)) as server:
        transport = connect(server.url, limits=limits)
        with pytest.raises(TransportError, match=r"no complete answer within 0\.5 s|slower than"):
            transport.get(PATH)
        assert suite(transport.get(PATH).body) == sorted(world.tasks)


def test_a_limit_that_passes_as_the_exchange_ends_leaves_no_socket_open(
    world: World, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Late(queue.SimpleQueue[Answer | Exception | None]):
        """A queue whose reader gives up at the moment when the thread of the exchange is done."""

        def get(
            self, block: bool = True, timeout: float | None = None
        ) -> Answer | Exception | None:
            for thread in threading.enumerate():
                if "_carry_out" in thread.name:
                    thread.join(60)
            raise queue.Empty

    monkeypatch.setattr(
        transport_module, "_Exchange", partial(transport_module._Exchange, outcome=Late())
    )
    with Loopback(world) as server:
        transport = connect(server.url)
        connection = transport._connection
        with pytest.raises(TransportError, match="no complete answer"):
            transport.get(PATH)
    assert connection.sock is None


def test_a_body_that_trickles_is_given_up(world: World, connect: Connect) -> None:
    ticks = count(step=30)  # every look at the clock, half a minute has passed
    with Loopback(world, fault=first("drip")) as server:
        transport = connect(server.url, clock=lambda: float(next(ticks)))
        with pytest.raises(TransportError, match="slower than 2,048 bytes in 20 s"):
            transport.get(PATH)


@pytest.mark.parametrize("kind", ["silent", "close-silent", "close-drip"])
def test_a_stop_ends_a_request_under_way(world: World, kind: str, connect: Connect) -> None:
    with Loopback(world, fault=first(kind)) as server:
        transport = connect(server.url)

        def stop() -> None:
            while not server.requests:
                pass
            transport.stop()

        threading.Thread(target=stop, daemon=True).start()
        with pytest.raises(StoppedError):  # the server would go on for ten minutes
            transport.get(PATH)
        with pytest.raises(StoppedError):
            transport.get(PATH)
        assert len(server.requests) == 1


def test_an_interrupt_ends_the_reading_of_a_page(world: World, connect: Connect) -> None:
    with Loopback(world) as server:
        transport = connect(server.url)

        def read(body: bytes) -> int:
            transport.interrupt()  # as a signal handler does
            return len(body)

        with pytest.raises(StoppedError):
            Client(transport, NoArchive()).ask(PATH, read)


def test_connections_that_the_server_closes_are_made_anew(world: World, connect: Connect) -> None:
    with Loopback(world, fault=lambda p, n: "close") as server:
        transport = connect(server.url)
        assert all(transport.get(PATH).status == 200 for _ in range(3))


def test_requests_are_spaced_evenly(world: World, connect: Connect) -> None:
    time, starts = Time(), list[float]()
    with Loopback(
        world,
        fault=lambda p, n: "500" if n % 3 == 0 else None,
        before=lambda p, n: starts.append(time.now),
    ) as server:
        client = Client(connect(server.url, time.pace(10.0)), NoArchive())
        for _ in range(5):
            client.ask(PATH, suite)
    assert len(starts) == 7
    assert np.diff(starts).min() >= 0.1 - 1e-9
    assert server.peak == 1


def test_retry_after_is_obeyed(world: World, connect: Connect) -> None:
    time, starts = Time(), list[float]()
    with Loopback(
        world, fault=first("429:7"), before=lambda p, n: starts.append(time.now)
    ) as server:
        Client(connect(server.url, time.pace()), NoArchive()).ask(PATH, suite)
    assert starts[1] - starts[0] >= 7.0


@pytest.mark.parametrize("fault", ["500", "none", "html", "107"])
def test_no_address_is_asked_for_more_than_eight_times(
    world: World, fault: str, connect: Connect
) -> None:
    with Loopback(world, fault=lambda p, n: fault if p == PATH else None) as server:
        client = Client(connect(server.url), NoArchive(), attempts=50)
        assert fetch_flow(client, 10) is not None
        for _ in range(4):
            with pytest.raises(HarvestError):
                insist(client, PATH, suite)
        with pytest.raises((ExhaustedError, LostError)):
            client.ask(PATH, suite)
    assert Counter(server.paths)[PATH] == 8


def test_silence_is_borne_twice_an_address(world: World, connect: Connect) -> None:
    limits = ExchangeLimits(answer_s=0.2)
    with Loopback(world, fault=lambda p, n: "silent") as server:
        client = Client(connect(server.url, limits=limits), NoArchive())
        with pytest.raises(UnansweredError):
            client.ask(PATH, suite)
    assert len(server.requests) == 2


def test_a_redirect_is_not_followed(world: World, connect: Connect) -> None:
    with Loopback(world) as other, Loopback(world, fault=first(f"302:{other.url}")) as server:
        transport = connect(server.url, key="secret")
        with pytest.raises(HarvestError, match="HTTP 302"):
            Client(transport, NoArchive()).ask(PATH, suite)
    assert not other.requests


def test_the_key_is_in_no_message(connect: Connect) -> None:
    transport = connect("http://127.0.0.1:9/api", key="a&b#c")
    with pytest.raises(TransportError) as caught:
        transport.get(PATH)
    assert "a&b#c" not in str(caught.value)
    assert "a%26b%23c" not in str(caught.value)
