"""skrub's encoder of texts with a faster computation of the same hashes.

It is apart from `min_hashes` since importing skrub takes a second.
"""

from __future__ import annotations

from typing import Any

from skrub import MinHashEncoder

from metalearn.learners.min_hashes import min_hashes

__all__ = ["TextHashEncoder"]


class TextHashEncoder(MinHashEncoder):  # type: ignore[misc]  # skrub is untyped
    """`MinHashEncoder` that hashes all distinct texts of a column at once."""

    def _compute_hash_batched(self, batch: Any, hash_func: Any) -> Any:
        """Return the hashes of texts, `(n, n_components)`."""
        is_usual = self.hashing == "fast" and not self.minmax_hash
        if not is_usual or tuple(self.ngram_range) != (2, 4):
            return super()._compute_hash_batched(batch, hash_func)
        return min_hashes([str(text) for text in batch], self.n_components)
