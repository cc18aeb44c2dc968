"""Turns texts into numbered words, held in one flat array."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np

from lightlab.data.cutting import Cut
from lightlab.data.tokens import CHUNK, TRAIN, UNKNOWN, Rules, Tokens, characters_of, check_splits, split_of
from lightlab.errors import DataError


@dataclass(frozen=True)
class Words(Tokens):
    """Texts as numbered words; 0 is no word.

    Attributes:
        counts: (vocabulary,) how often each stands in the training texts.
    """

    counts: np.ndarray


def number_words(texts: Iterable[str], cut: Cut, rules: Rules) -> Tokens:
    """Reads the texts once; every word is kept, the most frequent of the training texts first.

    Held out are the texts that `lightlab.data.tokens.tokenize` holds out, with all their copies.

    Raises:
        DataError: none of the texts has a word.
    """
    numbers = {UNKNOWN: 0}
    ids, starts, splits = array("I"), array("q", [0]), array("b")
    for text in texts:
        ids.extend([numbers.setdefault(word, len(numbers)) for word in cut(text)])
        if len(ids) > starts[-1]:
            starts.append(len(ids))
            splits.append(split_of(characters_of(text), rules))
    if not splits:
        raise DataError("none of the texts has a word; expected Chinese text, one text a line")
    return _by_frequency(np.frombuffer(ids, np.uint32), np.array(starts), np.array(splits), tuple(numbers))


def _by_frequency(ids: np.ndarray, starts: np.ndarray, splits: np.ndarray, vocabulary: tuple[str, ...]) -> Tokens:
    counts = _counts(ids, starts, splits, len(vocabulary))
    order = np.concatenate([[0], 1 + np.argsort(-counts[1:], kind="stable")])
    renumbered = np.empty(len(order), np.uint32)
    renumbered[order] = np.arange(len(order))
    for start in range(0, len(ids), CHUNK):  # in place: a second array of the tokens would be as large as the first
        ids[start : start + CHUNK] = renumbered[ids[start : start + CHUNK]]
    small = ids.astype(np.uint16) if len(order) <= 2**16 else ids
    return Tokens(small, starts, splits, tuple(vocabulary[place] for place in order.tolist()))


def _counts(ids: np.ndarray, starts: np.ndarray, splits: np.ndarray, kinds: int) -> np.ndarray:
    """(kinds,) how often each number stands in the training texts."""
    training = np.repeat(splits == TRAIN, np.diff(starts))
    return np.bincount(ids[training], minlength=kinds)


def chosen_words(tokens: Tokens, left_out: Collection[str], min_count: int, rules: Rules) -> Words:
    """Without the words of `left_out` and those that are rarer than `min_count` in the training texts.

    Raises:
        DataError: no text is left for a split, or fewer than two words are.
    """
    check_splits(tokens.splits, rules)
    counts = _counts(tokens.ids, tokens.starts, tokens.splits, len(tokens.vocabulary))
    kept = counts >= min_count
    kept[0] = False
    kept &= ~np.isin(np.array(tokens.vocabulary), list(left_out))
    vocabulary = (UNKNOWN, *(tokens.vocabulary[place] for place in np.flatnonzero(kept)))
    if len(vocabulary) < 3:
        raise DataError(
            f"a vocabulary of {len(vocabulary) - 1} of {len(tokens.vocabulary) - 1:,} words: there is nothing to "
            "predict; lower data.min_count, leave out fewer by data.stop_words, or add texts"
        )
    renumbered = np.where(kept, np.cumsum(kept), 0).astype(tokens.ids.dtype)
    ids = renumbered[tokens.ids]
    lengths = np.add.reduceat(ids > 0, tokens.starts[:-1], dtype=np.int64)
    whole = lengths > 1  # a word alone has no context
    ids = ids[(ids > 0) & np.repeat(whole, np.diff(tokens.starts))]
    starts = np.concatenate([[0], np.cumsum(lengths[whole])])
    splits = tokens.splits[whole]
    check_splits(splits, rules)
    counts = np.concatenate([[0], counts[kept]])
    return Words(ids, starts, splits, vocabulary, counts)
