"""The dummy: the constant prediction that every model has to beat.

Its evaluations are stored like those of any configuration, under the algorithm `dummy`; a
meta-dataset holds them only where they are named, so that nothing is ever recommended or compared
with them by chance.
"""

from __future__ import annotations

from metalearn.core.configuration import Configuration

__all__ = ["DUMMY", "dummy_configuration"]

DUMMY = "dummy"


def dummy_configuration() -> Configuration:
    """Return the configuration of the dummy; it has no hyperparameters."""
    return Configuration(DUMMY, {})
