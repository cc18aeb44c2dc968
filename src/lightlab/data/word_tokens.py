"""Turns texts into numbered words, held in one flat array."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from lightlab.data.cutting import Cut
from lightlab.data.tokens import CHUNK, TRAIN, UNKNOWN, Rules, Tokens, characters_of, check_splits, split_of
from lightlab.errors import DataError

TEXTS = 10_000  # that are looked at together


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
    counts = np.zeros(kinds, np.int64)
    texts = 0
    for words, bounds in _blocks(ids, starts):
        training = splits[texts : texts + len(bounds) - 1] == TRAIN
        counts += np.bincount(words[np.repeat(training, np.diff(bounds))], minlength=kinds)
        texts += len(training)
    return counts


def chosen_words(tokens: Tokens, left_out: Collection[str], min_count: int, rules: Rules) -> Words:
    """Without the words of `left_out` and those that are rarer than `min_count` in the training texts.

    Raises:
        DataError: no text is left for a split, or fewer than two words are.
    """
    check_splits(tokens.splits, rules)
    counts = _counts(tokens.ids, tokens.starts, tokens.splits, len(tokens.vocabulary))
    kept = (counts >= min_count) & [word not in left_out for word in tokens.vocabulary]
    kept[0] = False
    vocabulary = (UNKNOWN, *(tokens.vocabulary[place] for place in np.flatnonzero(kept)))
    if len(vocabulary) < 3:
        raise DataError(
            f"a vocabulary of {len(vocabulary) - 1} of {len(tokens.vocabulary) - 1:,} words: there is nothing to "
            "predict; lower data.min_count, leave out fewer by data.stop_words, or add texts"
        )
    renumbered = np.where(kept, np.cumsum(kept), 0).astype(tokens.ids.dtype)
    ids, lengths = array(tokens.ids.dtype.char), array("q")
    for words, bounds in _blocks(tokens.ids, tokens.starts):
        words = renumbered[words]
        found = np.add.reduceat(words > 0, bounds[:-1], dtype=np.int64)
        found[found == 1] = 0  # a word alone has no context
        ids.frombytes(words[(words > 0) & np.repeat(found > 0, np.diff(bounds))].tobytes())
        lengths.extend(found.tolist())
    left = np.array(lengths)
    splits = tokens.splits[left > 0]
    check_splits(splits, rules)
    starts = np.concatenate([[0], np.cumsum(left[left > 0])])
    return Words(np.frombuffer(ids, tokens.ids.dtype), starts, splits, vocabulary, np.append(0, counts[kept]))


def _blocks(ids: np.ndarray, starts: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Some texts at a time, so that what is made of them takes little memory: their words, and where each begins."""
    for first in range(0, len(starts) - 1, TEXTS):
        bounds = starts[first : first + TEXTS + 1]
        yield ids[bounds[0] : bounds[-1]], bounds - bounds[0]
