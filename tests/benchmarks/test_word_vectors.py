import math

import numpy as np
import pytest

from benchmarks.word_vectors import cooccurrences, count_vectors, positive_pmi

IDS = np.array([0, 0, 1, 2, 1, 0, 0, 3, 2, 0, 0])


def test_pairs_are_counted_within_the_window_and_both_ways():
    near, wide = (cooccurrences(IDS, window, 4).toarray() for window in (1, 2))
    assert near.tolist() == [[0, 0, 0, 0], [0, 0, 2, 0], [0, 2, 0, 1], [0, 0, 1, 0]]
    assert (wide - near)[1, 1] == 2 and (wide - near).sum() == 2


def test_pmi_is_against_independence_and_never_negative():
    counts = cooccurrences(IDS, 2, 4)
    pmi = positive_pmi(counts, smoothing=1.0).toarray()
    total = counts.sum()
    assert pmi[2, 3] == pytest.approx(math.log(1 / total / ((3 / total) * (1 / total))))
    assert pmi[1, 1] == pytest.approx(max(0.0, math.log(2 / total / (4 / total) ** 2)))
    assert (pmi >= 0).all() and pmi[1, 3] == 0


def test_the_vectors_multiply_to_the_pmi():
    draw = np.random.default_rng(0)
    ids = np.concatenate([np.append(draw.integers(1, 8, 6), [0, 0]) for _ in range(50)])
    words, contexts = count_vectors(ids, 2, 8, size=7)
    assert words @ contexts.T == pytest.approx(positive_pmi(cooccurrences(ids, 2, 8)).toarray(), abs=1e-4)
    assert count_vectors(ids, 2, 8, size=100)[0].shape == (8, 7)
