"""JSON objects that a store holds as texts: hyperparameters and estimation procedures."""

from __future__ import annotations

import json
from typing import Any

from metalearn.errors import StoreError

__all__ = ["stored_object"]


def stored_object(text: str) -> dict[str, Any]:  # Any: the values of a JSON object
    """Return the JSON object of a text of the store.

    Raises:
        StoreError: If the text is no JSON object.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError, TypeError) as error:
        found, reason = None, f"{type(error).__name__}: {error}"
    else:
        reason = f"a {type(found).__name__}"
    if not isinstance(found, dict):
        raise StoreError(
            f"the store holds {str(text)[:60]!r}, expected a JSON object ({reason[:100]}); find "
            "such rows with 'metalearn kb verify', restore a backup, or build the store again"
        )
    return found
