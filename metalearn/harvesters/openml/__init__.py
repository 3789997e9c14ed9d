"""Harvester of OpenML: tasks, data set qualities, flows, setups and evaluations."""

from metalearn.harvesters.openml.absence import check_absent
from metalearn.harvesters.openml.client import (
    Client,
    LostError,
    RefusedError,
    TooManyError,
    UnansweredError,
    UnknownError,
)
from metalearn.harvesters.openml.configurations import Converter, bare_component
from metalearn.harvesters.openml.leaves import Leaf
from metalearn.harvesters.openml.listing import ListReader
from metalearn.harvesters.openml.pacing import Pace, StoppedError
from metalearn.harvesters.openml.recent import Hints
from metalearn.harvesters.openml.slices import Slice
from metalearn.harvesters.openml.transport import Answer, ExchangeLimits, PackedAnswer, Transport

__all__ = [
    "Answer",
    "Client",
    "Converter",
    "ExchangeLimits",
    "Hints",
    "Leaf",
    "ListReader",
    "LostError",
    "Pace",
    "PackedAnswer",
    "RefusedError",
    "Slice",
    "StoppedError",
    "TooManyError",
    "Transport",
    "UnansweredError",
    "UnknownError",
    "bare_component",
    "check_absent",
]
