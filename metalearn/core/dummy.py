"""The dummy model: the constant prediction that serves as baseline.

Its evaluations are stored like those of any configuration, under the algorithm `dummy`. A
meta-dataset holds them only if `dummy` is requested by name, so that it is never recommended or
compared with unintentionally.
"""

from __future__ import annotations

from metalearn.core.configuration import Configuration

__all__ = ["DUMMY", "dummy_configuration"]

DUMMY = "dummy"


def dummy_configuration() -> Configuration:
    """Return the configuration of the dummy; it has no hyperparameters."""
    return Configuration(DUMMY, {})
