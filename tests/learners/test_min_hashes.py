"""Hashes of texts are those of skrub's encoder."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skrub import MinHashEncoder

from metalearn.learners import min_hashes as module
from metalearn.learners.min_hashes import min_hashes
from metalearn.learners.text_hash_encoder import TextHashEncoder

TEXTS = [
    "",
    "a",
    "ab",
    "abc",
    "abcd",
    "a text of several words",
    "Zürich",
    "東京",
    "\x00\x01",
    "aaaaaa",
]


def of_skrub(texts, n_hashes=16):
    column = pd.Series(texts, dtype=object, name="t")
    return MinHashEncoder(n_components=n_hashes).fit_transform(column).to_numpy(np.float32)


def test_the_values_of_skrub():
    assert np.array_equal(min_hashes(TEXTS, 16), of_skrub(TEXTS))
    assert min_hashes([], 16).shape == (0, 16)


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=30), min_size=1, max_size=20))
@settings(max_examples=30)
def test_any_texts(texts):
    assert np.array_equal(min_hashes(texts, 4), of_skrub(texts, 4))


def test_batches_change_nothing(monkeypatch):
    texts = [f"{i} text {i * i}" for i in range(200)]
    whole = min_hashes(texts, 8)
    monkeypatch.setattr(module, "_CHARACTERS_AT_ONCE", 100)
    assert np.array_equal(min_hashes(texts, 8), whole)


@pytest.mark.parametrize("options", [{}, {"minmax_hash": True}, {"ngram_range": (1, 3)}])
def test_the_encoder_is_skrubs(options):
    column = pd.Series([*TEXTS, None, *TEXTS], dtype=object, name="t")
    ours, theirs = (kind(n_components=8, **options) for kind in (TextHashEncoder, MinHashEncoder))
    pd.testing.assert_frame_equal(ours.fit_transform(column), theirs.fit_transform(column))
    pd.testing.assert_frame_equal(ours.transform(column), theirs.transform(column))
