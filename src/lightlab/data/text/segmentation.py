"""Segments Chinese text into words with jieba, or into characters; drops stop words."""

import logging
import re
import warnings
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lightlab.data.cache import fingerprint
from lightlab.data.text.corpus import read_texts
from lightlab.data.text.tokens import CHUNK, TRAIN, UNKNOWN, Rules, Tokens, characters_of, check_splits, split_of
from lightlab.errors import DataError
from lightlab.files import user_path

BUILTIN = Path(__file__).with_name("stop_words.txt")


def stop_words(source: str) -> frozenset[str]:
    """Returns the words to leave out: ``builtin``, ``none``, or those in a file; # begins a line of comment.

    Raises:
        DataError: no such file, or not text.
    """
    if source == "none":
        return frozenset()
    path = BUILTIN if source == "builtin" else user_path(source)
    if not path.is_file():
        raise DataError(f"data.stop_words={source}: no such file; name one with a word a line, or builtin, or none")
    return frozenset(word for line in read_texts([path]) if not line.startswith("#") for word in line.split())


Cut = Callable[[str], Iterator[str]]
LONGEST = 40  # characters of a word; a longer run of letters is not a word
_WORD = re.compile(r"\w")


@dataclass(frozen=True)
class Cutter:
    """Cuts texts into words; everything else, such as punctuation, is dropped.

    Attributes:
        unit: ``word`` (jieba's) or ``character``.
        user_dictionary: a file of words for jieba, one a line, each with an optional frequency.
        new_words: whether jieba guesses words outside its dictionaries, by its hidden Markov model.
    """

    unit: str = "word"
    user_dictionary: str | None = None
    new_words: bool = True

    def rules(self) -> str:
        """Names everything but the text that the words depend on."""
        if self.unit == "character":
            return "characters"
        dictionary = fingerprint([self._dictionary()], "") if self.user_dictionary else ""
        return f"jieba {_jieba().__version__} {self.new_words} {dictionary}"

    def open(self, cache_folder: Path) -> Cut:
        """Returns the function that cuts a text; jieba keeps its dictionary's index in `cache_folder`.

        Raises:
            DataError: no such user dictionary, or a line in it that is not a word.
        """
        if self.unit == "character":
            return lambda text: (character for character in text if _WORD.match(character))
        tokenizer = _tokenizer(cache_folder)
        for word, frequency in self._entries():
            tokenizer.add_word(word, frequency)
        return lambda text: (word for word in tokenizer.cut(text, HMM=self.new_words) if _is_word(word))

    def _dictionary(self) -> Path:
        path = user_path(str(self.user_dictionary))
        if not path.is_file():
            raise DataError(f"data.user_dictionary={path}: no such file; name one with a word a line")
        return path

    def _entries(self) -> Iterator[tuple[str, int | None]]:
        if not self.user_dictionary:
            return
        path = self._dictionary()
        for number, line in enumerate(read_texts([path]), 1):
            word, *rest = line.split()
            frequency = rest[0] if rest and not rest[0].isalpha() else None
            if len(rest) > 2 or (frequency and not (frequency.isdecimal() and int(frequency))):
                raise DataError(f"{path}, word {number}: {line[:40]!r}; expected a word, its frequency, its kind")
            yield word, int(frequency) if frequency else None


def _is_word(text: str) -> bool:
    return len(text) <= LONGEST and bool(_WORD.search(text))


def _tokenizer(cache_folder: Path) -> Any:
    """Loads jieba's own dictionary: 1 s the first time, 0.5 s from its cache."""
    jieba = _jieba()
    tokenizer = jieba.Tokenizer()
    with suppress(OSError):  # jieba goes on without a cache
        cache_folder.mkdir(parents=True, exist_ok=True)
    tokenizer.tmp_dir = str(cache_folder)
    tokenizer.initialize()
    return tokenizer


def _jieba() -> Any:
    """Imports jieba without its output on stderr and without the warnings of its source and its imports."""
    with warnings.catch_warnings(action="ignore"):
        import jieba
    jieba.setLogLevel(logging.CRITICAL + 1)
    return jieba


TEXTS = 10_000  # of a block


@dataclass(frozen=True)
class Words(Tokens):
    """Texts as numbered words, from 1.

    Attributes:
        counts: (vocabulary,) of each word in the training texts.
    """

    counts: np.ndarray


def number_words(texts: Iterable[str], cut: Cut, rules: Rules) -> Tokens:
    """Reads the texts once and keeps every word, the most frequent ones in the training texts first.

    The same texts are held out as by `lightlab.data.text.tokens.tokenize`, with all their copies.

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
    """Counts each number in the training texts: (kinds,)."""
    counts = np.zeros(kinds, np.int64)
    texts = 0
    for words, bounds in _blocks(ids, starts):
        training = splits[texts : texts + len(bounds) - 1] == TRAIN
        counts += np.bincount(words[np.repeat(training, np.diff(bounds))], minlength=kinds)
        texts += len(training)
    return counts


def chosen_words(tokens: Tokens, left_out: Collection[str], min_count: int, rules: Rules) -> Words:
    """Drops the words of `left_out` and those that are rarer than `min_count` in the training texts.

    Raises:
        DataError: no text is left for a split, or fewer than two words are left.
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
        counted = np.add.reduceat(words > 0, bounds[:-1], dtype=np.int64)
        counted[counted == 1] = 0  # a word alone has no context
        ids.frombytes(words[(words > 0) & np.repeat(counted > 0, np.diff(bounds))].tobytes())
        lengths.extend(counted.tolist())
    kept_lengths = np.array(lengths)
    splits = tokens.splits[kept_lengths > 0]
    check_splits(splits, rules)
    starts = np.concatenate([[0], np.cumsum(kept_lengths[kept_lengths > 0])])
    return Words(np.frombuffer(ids, tokens.ids.dtype), starts, splits, vocabulary, np.append(0, counts[kept]))


def _blocks(ids: np.ndarray, starts: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields some texts at a time, to save memory: their words, and where each text begins."""
    for first in range(0, len(starts) - 1, TEXTS):
        bounds = starts[first : first + TEXTS + 1]
        yield ids[bounds[0] : bounds[-1]], bounds - bounds[0]
