"""Tokenises texts into characters: normalised, in one flat array, cached and memory-mapped."""

import hashlib
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from lightlab.data.cache import Arrays, cached
from lightlab.errors import DataError

UNKNOWN = "<UNK>"
FORMS = {5: "<5>", 7: "<7>", 0: "<other>"}  # by the characters in each line of a poem
MARKS = "，。？！；：、"
TRAIN, VAL, TEST = 0, 1, 2
SPLITS = {"train": TRAIN, "val": VAL, "test": TEST}
CHUNK = 2**20  # characters that are looked up at a time
CODE_POINTS = 0x110000

_FULL_WIDTH = str.maketrans(",?!;:", "，？！；：")
_NOTES = re.compile(r"（[^（）]*）|\([^()]*\)|〔[^〔〕]*〕|\[[^\[\]]*\]")  # editors' notes
_NOT_KEPT = re.compile(rf"(?:(?![{MARKS}])[\W_])+")
_NOT_CHARACTERS = re.compile(r"[\W_]+")
_PRIVATE = 0xE000  # code points of forms; no normalised text has them


@dataclass(frozen=True)
class Rules:
    """How texts are normalised, chosen and split.

    Attributes:
        punctuation: ``drop``, or ``keep`` the marks ，。？！；：、 as tokens.
        min_length, max_length: characters of a text without marks; None: no upper limit.
        quatrains: 5 or 7 keeps only texts of four lines of that many characters; None keeps all.
        form_token: begin each text with a token for the characters in its lines: 5, 7 or other.
        min_count: rarer characters of the training texts become <UNK>.
        val_fraction, test_fraction: shares of the texts, in [0, 1).
    """

    punctuation: str = "drop"
    min_length: int = 2
    max_length: int | None = None
    quatrains: int | None = None
    form_token: bool = False
    min_count: int = 1
    val_fraction: float = 0.05
    test_fraction: float = 0.05


@dataclass(frozen=True)
class Tokens:
    """Texts as numbers.

    Attributes:
        ids: (tokens,) of all texts one after the other, uint16 if they fit, else uint32.
        starts: (texts + 1,) the place in `ids` where each text begins, and where the last one ends.
        splits: (texts,) 0 to train, 1 to validate, 2 to test.
        vocabulary: the token of each number: <UNK>, forms, then characters, the most frequent first.
    """

    ids: np.ndarray
    starts: np.ndarray
    splits: np.ndarray
    vocabulary: tuple[str, ...]

    def summary(self) -> str:
        """Returns the number of texts in each split."""
        return ", ".join(f"{int((self.splits == kind).sum()):,} {name}" for name, kind in SPLITS.items()) + " texts"


def tokenize(texts: Iterable[str], rules: Rules) -> Tokens:
    """Reads the texts once, holding two or four bytes a character.

    The split is a function of a text's characters alone, see `split_of`: a poem and its copies fall on the same side
    in every corpus and under every rule, whatever their punctuation.

    Raises:
        DataError: no text is left, none to train on, or fewer than two kinds of character.
    """
    builder = _Builder(rules)
    seen = 0
    for text in texts:
        seen += 1
        builder.add(text)
    tokens = builder.finish()
    if not len(tokens.splits):
        raise DataError(
            f"none of {seen:,} texts is left: all are shorter than min_length, longer than max_length, or not "
            "quatrains (data.rules); expected one poem a line"
        )
    _check_kinds(map(chr, builder.points.tolist()))  # before the splits: copies of one text leave no training text
    check_splits(tokens.splits, rules)
    _check_kinds(tokens.vocabulary)
    return tokens


def _check_kinds(vocabulary: Iterable[str]) -> None:
    kinds = sum(len(token) == 1 and token.isalnum() for token in vocabulary)
    if kinds < 2:
        raise DataError(f"a vocabulary of {kinds}: there is nothing to predict; lower min_count, or add texts")


def check_splits(splits: np.ndarray, rules: Rules) -> None:
    """Refuses a split that should have a share of the texts and has none.

    Raises:
        DataError: names the use of that split.
    """
    counts = np.bincount(splits, minlength=3)
    wanted = {"train on": 1.0, "validate with": rules.val_fraction, "test with": rules.test_fraction}
    for (use, fraction), count in zip(wanted.items(), counts, strict=True):
        if fraction and not count:
            few = "1 text leaves" if len(splits) == 1 else f"{len(splits):,} texts leave"
            raise DataError(
                f"{few} none to {use} (copies stay together); add texts, or set val_fraction and test_fraction to 0"
            )


def normalise(text: str) -> str:
    """Returns the text without notes in brackets, white space and symbols; ASCII punctuation becomes full-width."""
    return _NOT_KEPT.sub("", _NOTES.sub("", text).translate(_FULL_WIDTH))


def characters_of(text: str) -> str:
    """Returns the text without punctuation."""
    return _NOT_CHARACTERS.sub("", text)


def form_of(text: str) -> tuple[int, int]:
    """Returns the number of lines of a normalised text, and the characters in each: 0 if they differ.

    Without punctuation, 20 and 28 characters are taken as quatrains.
    """
    lengths = [len(line) for line in re.split(f"[{MARKS}]", text) if line]
    if len(lengths) == 1 and lengths[0] in (20, 28):
        return 4, lengths[0] // 4
    return len(lengths), lengths[0] if len(set(lengths)) == 1 else 0


def split_of(characters: str, rules: Rules) -> int:
    """Returns `TRAIN`, `VAL` or `TEST`, by the run of five characters whose hash is the smallest.

    The probability that two texts share that run is the share of runs that they have in common (Broder, 1997): most
    versions of a poem that differ in a few characters fall on one side, and all exact copies do.
    """
    points = characters.encode("utf-32-le")
    runs = [points[place : place + 20] for place in range(0, max(4, len(points) - 16), 4)]
    digest = hashlib.blake2b(min(runs, key=crc32), digest_size=8).digest()
    place = int.from_bytes(digest, "big") / 2**64  # uniform on [0, 1)
    if place < rules.test_fraction:
        return TEST
    return VAL if place < rules.test_fraction + rules.val_fraction else TRAIN


class _Builder:
    """Numbers characters in the order of appearance; `finish` orders them by frequency."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.numbers = np.full(CODE_POINTS, -1, np.int32)  # by code point
        self.points = np.zeros(0, np.uint32)  # by number
        self.counts = np.zeros(0, np.int64)  # in training texts, by number
        self.chunks: list[np.ndarray] = []
        self.lengths, self.splits = array("q"), array("b")
        self._waiting: list[str] = []
        self._waiting_size = 0

    def add(self, text: str) -> None:
        rules = self.rules
        text = normalise(text)
        characters = characters_of(text)
        if not rules.min_length <= len(characters) <= (rules.max_length or len(characters)):
            return
        lines, length = form_of(text) if rules.quatrains or rules.form_token else (0, 0)
        if rules.quatrains and (lines, length) != (4, rules.quatrains):
            return
        kept = text if rules.punctuation == "keep" else characters
        if rules.form_token:
            kept = chr(_PRIVATE + (length if length in FORMS else 0)) + kept
        self._waiting.append(kept)
        self._waiting_size += len(kept)
        self.splits.append(split_of(characters, rules))
        if self._waiting_size > CHUNK:
            self._number()

    def finish(self) -> Tokens:
        self._number()
        splits = np.frombuffer(self.splits, np.int8) if self.splits else np.zeros(0, np.int8)
        forms = [_PRIVATE + form for form in FORMS] if self.rules.form_token else []
        frequent = np.flatnonzero(self.counts >= self.rules.min_count)
        frequent = frequent[np.lexsort((self.points[frequent], -self.counts[frequent]))]
        characters = [point for point in self.points[frequent].tolist() if point not in forms]
        vocabulary = (UNKNOWN, *(FORMS[point - _PRIVATE] for point in forms), *map(chr, characters))
        final = np.zeros(CODE_POINTS, np.uint16 if len(vocabulary) <= 2**16 else np.uint32)
        final[[*forms, *characters]] = np.arange(1, len(vocabulary))
        starts = (
            np.concatenate([[0], np.cumsum(np.frombuffer(self.lengths, np.int64))]) if self.lengths else np.zeros(1)
        )
        ids = np.empty(int(starts[-1]), final.dtype)
        for start, chunk in self._chunks_taken():
            ids[start : start + len(chunk)] = final[self.points[chunk]]
        return Tokens(ids, starts.astype(np.int64), splits, vocabulary)

    def _chunks_taken(self) -> Iterator[tuple[int, np.ndarray]]:
        """Yields each chunk with its place; its memory is freed before the next one."""
        start = 0
        self.chunks.reverse()
        while self.chunks:
            chunk = self.chunks.pop()
            yield start, chunk
            start += len(chunk)

    def _number(self) -> None:
        texts, self._waiting, self._waiting_size = self._waiting, [], 0
        points = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
        new = np.unique(points[self.numbers[points] < 0])
        self.numbers[new] = np.arange(len(self.points), len(self.points) + len(new))
        self.points = np.concatenate([self.points, new])
        self.counts = np.concatenate([self.counts, np.zeros(len(new), np.int64)])
        lengths = array("q", map(len, texts))
        self.lengths.extend(lengths)
        numbers = self.numbers[points]
        trained = np.array(self.splits[len(self.lengths) - len(texts) :], np.int8) == TRAIN
        self.counts += np.bincount(numbers[np.repeat(trained, lengths)], minlength=len(self.counts))
        self.chunks.append(numbers.astype(np.uint16 if len(self.points) <= 2**16 else np.uint32))


FORMAT = "3"  # of an entry, and of the rules by which it is made


def cached_tokens(files: Sequence[Path], cache_dir: Path, rules: str, make: Callable[[], Tokens]) -> Tokens:
    """Returns what `make` makes of the content of `files` under `rules`, kept in the cache."""

    def parse() -> Arrays:
        tokens = make()
        vocabulary = np.array(tokens.vocabulary)
        return {"ids": tokens.ids, "starts": tokens.starts, "splits": tokens.splits, "vocabulary": vocabulary}

    arrays = cached(files, cache_dir, f"tokens {FORMAT} {rules}", parse)
    return Tokens(arrays["ids"], arrays["starts"], arrays["splits"], tuple(arrays["vocabulary"].tolist()))
