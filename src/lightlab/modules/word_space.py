"""Finds the words nearest to a word, or to a sum of words, by their vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from lightlab.errors import DataError, did_you_mean
from lightlab.modules.word_options import parse_terms

Neighbours = list[tuple[str, float]]  # words with their cosines, the nearest first


@dataclass(frozen=True)
class WordSpace:
    """Vectors (V, D) of the words of a vocabulary, whose entry 0 is no word."""

    vectors: Tensor
    vocabulary: Sequence[str]

    def nearest(self, word: str, count: int = 10) -> Neighbours:
        """Returns up to `count` other words, by the cosine of their vectors with this word's.

        Raises:
            DataError: the word is not in the vocabulary; the message names a similar one.
        """
        place = self._place(word)
        return self._nearest(self._unit()[place], [place], count)

    def analogy(self, terms: str, count: int = 10) -> Neighbours:
        """Returns up to `count` words near a sum such as ``国王-男人+女人``, without the words that it names.

        The sum is of vectors of length 1 (Mikolov, Yih and Zweig, 2013).

        Raises:
            UsageError: `terms` is no sum of words.
            DataError: a word is not in the vocabulary.
        """
        signed = [(sign, self._place(word)) for sign, word in parse_terms(terms)]
        unit = self._unit()
        total = torch.stack([sign * unit[place] for sign, place in signed]).sum(0)
        return self._nearest(normalize(total, dim=0), [place for _, place in signed], count)

    def _unit(self) -> Tensor:
        return normalize(self.vectors.float(), dim=1)

    def _place(self, word: str) -> int:
        try:
            return self.vocabulary.index(word, 1)
        except ValueError:
            known = self.vocabulary[1:]
            raise DataError(
                f"{word}: not among the {len(known):,} words that this run knows; {did_you_mean(word, known)}"
                "rare words are left out (data.min_count), stop words too (data.stop_words)"
            ) from None

    def _nearest(self, direction: Tensor, without: list[int], count: int) -> Neighbours:
        cosines = self._unit() @ direction
        cosines[[0, *without]] = -torch.inf
        best = cosines.topk(max(0, min(count, len(cosines) - 1 - len(set(without)))))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return [(self.vocabulary[place], cosine) for place, cosine in pairs]
