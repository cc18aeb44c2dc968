"""Word vectors by counting: which words stand near each other, weighed and reduced (Levy and Goldberg, 2014)."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from sklearn.decomposition import TruncatedSVD


def cooccurrences(ids: np.ndarray, window: int, words: int) -> csr_matrix:
    """(words, words): how often each two stand at most `window` apart.

    Args:
        ids: (tokens,) of texts with at least `window` zeros between them; 0 is no word.
    """
    counts = csr_matrix((words, words), dtype=np.float64)
    for distance in range(1, window + 1):
        first, second = ids[:-distance], ids[distance:]
        both = (first > 0) & (second > 0)
        pairs = (first[both], second[both])
        counts = counts + coo_matrix((np.ones(len(pairs[0])), pairs), shape=counts.shape).tocsr()
    return (counts + counts.T).tocsr()


def positive_pmi(counts: csr_matrix, smoothing: float = 0.75) -> csr_matrix:
    """max(0, ln p(w, c) / (p(w)·p(c))), with the contexts' p(c) from counts to the power of `smoothing`."""
    pairs = counts.tocoo()
    of_word = np.asarray(counts.sum(1)).ravel()
    of_context = np.asarray(counts.sum(0)).ravel() ** smoothing
    expected = of_word[pairs.row] * (of_context / of_context.sum())[pairs.col]
    pmi = np.log(pairs.data / expected)
    kept = pmi > 0
    return coo_matrix((pmi[kept], (pairs.row[kept], pairs.col[kept])), shape=counts.shape).tocsr()


def count_vectors(
    ids: np.ndarray, window: int, words: int, size: int = 100, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Words' and contexts' vectors, both (words, size): U·√S and V·√S of the positive PMI's truncated SVD.

    The product of a word's with a context's is about their PMI (Levy, Goldberg and Dagan, 2015).
    """
    pmi = positive_pmi(cooccurrences(ids, window, words))
    svd = TruncatedSVD(min(size, words - 1), random_state=seed)
    scaled = svd.fit_transform(pmi)  # U·S
    root = np.sqrt(np.maximum(svd.singular_values_, 1e-12))
    return (scaled / root).astype(np.float32), (svd.components_.T * root).astype(np.float32)
