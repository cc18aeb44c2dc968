"""Cuts Chinese text into words by jieba, or into characters."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lightlab.data.cache import fingerprint
from lightlab.data.corpus import read_texts
from lightlab.errors import DataError

Cut = Callable[[str], Iterator[str]]
LONGEST = 40  # characters of a word: a run of letters that is longer is none
_WORD = re.compile(r"\w")


@dataclass(frozen=True)
class Cutter:
    """How texts are cut; what is no word, such as punctuation, is dropped.

    Attributes:
        unit: ``word`` (jieba's) or ``character``.
        user_dictionary: a file of words that jieba must know, one a line, each with its frequency if you like.
        new_words: whether jieba guesses words that no dictionary has, by its hidden Markov model.
    """

    unit: str = "word"
    user_dictionary: str | None = None
    new_words: bool = True

    def rules(self) -> str:
        """Names all that the words depend on beside the text."""
        if self.unit == "character":
            return "characters"
        dictionary = fingerprint([self._dictionary()], "") if self.user_dictionary else ""
        return f"jieba {_jieba().__version__} {self.new_words} {dictionary}"

    def open(self, cache_folder: Path) -> Cut:
        """The function that cuts a text; jieba keeps its dictionary's index in `cache_folder`.

        Raises:
            DataError: the user dictionary is not there, or a line of it is no word.
        """
        if self.unit == "character":
            return lambda text: (character for character in text if _WORD.match(character))
        tokenizer = _tokenizer(cache_folder)
        for word, frequency in self._entries():
            tokenizer.add_word(word, frequency)
        return lambda text: (word for word in tokenizer.cut(text, HMM=self.new_words) if _is_word(word))

    def _dictionary(self) -> Path:
        path = Path(str(self.user_dictionary)).expanduser()
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
    """jieba with its own dictionary, which it reads in 1 s the first time and in 0.5 s from its cache."""
    jieba = _jieba()
    tokenizer = jieba.Tokenizer()
    with suppress(OSError):  # jieba goes on without a cache
        cache_folder.mkdir(parents=True, exist_ok=True)
    tokenizer.tmp_dir = str(cache_folder)
    tokenizer.initialize()
    return tokenizer


def _jieba() -> Any:
    """jieba, without what it writes to stderr and without the warnings that its source and its imports raise."""
    with warnings.catch_warnings(action="ignore"):
        import jieba
    jieba.setLogLevel(logging.CRITICAL + 1)
    return jieba
