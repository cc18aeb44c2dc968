"""The data module of word vectors: words with their contexts, cut from one flat array batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lightlab.data.base import Inputs, ResidentDataModule
from lightlab.data.cache import cache_folder
from lightlab.data.loader import EpochOrder, Split
from lightlab.data.synthetic.verse import sentences
from lightlab.data.text.corpus import TextSource, read_texts
from lightlab.data.text.segmentation import Cutter, chosen_words, number_words, stop_words
from lightlab.data.text.tokens import SPLITS, Rules, Tokens, cached_tokens
from lightlab.errors import UsageError
from lightlab.files import user_path
from lightlab.spec import Spec


@dataclass(frozen=True)
class ContextRows:
    """The words before and after each word (N, 2·window), 0 beyond the text, and as targets the words (N,).

    Attributes:
        ids: (padded tokens,) int32, with `window` zeros around each text, which no context crosses.
        places: (rows,) of the targets in `ids`, int32.
    """

    ids: Tensor
    places: Tensor
    window: int

    @property
    def device(self) -> torch.device:
        return self.ids.device

    def __len__(self) -> int:
        return len(self.places)

    def to(self, device: torch.device) -> ContextRows:
        return ContextRows(self.ids.to(device), self.places.to(device), self.window)

    def take(self, index: Tensor) -> Split:
        places = self.places[index].long()
        around = torch.arange(-self.window, self.window + 1, device=self.device)
        contexts = self.ids[places[:, None] + around[around != 0]]  # (N, 2·window)
        return Split(contexts.long(), self.ids[places].long())

    def first(self, rows: int) -> ContextRows:
        return ContextRows(self.ids, self.places[:rows], self.window)

    def targets(self) -> Tensor:
        """Returns all targets, (rows,)."""
        return self.ids[self.places.long()].long()


def context_rows(tokens: Tokens, window: int) -> list[ContextRows]:
    """Returns the rows of split 0, 1 and 2; they share one array of tokens."""
    lengths = np.diff(tokens.starts)
    text = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    places = np.arange(len(tokens.ids), dtype=np.int32) + window * (text + 1)
    ids = np.zeros(len(tokens.ids) + window * (len(lengths) + 1), np.int32)
    ids[places] = tokens.ids
    shared = torch.from_numpy(ids)
    split = tokens.splits[text]
    return [ContextRows(shared, torch.from_numpy(places[split == kind]), window) for kind in range(3)]


class SubsampledOrder(EpochOrder):
    """Draws other rows of frequent words in each epoch, as many rows as `keep` adds up to.

    Sequential Poisson sampling (Ohlsson, 1998) draws each row with nearly its probability and always the same number
    of rows, so that an epoch's length is known.

    Args:
        keep: (rows,) probability of each row, in (0, 1].
    """

    def __init__(self, keep: Tensor, seed: int) -> None:
        super().__init__(max(1, int(keep.sum())), seed, shuffle=True)
        self.keep = keep.cpu()

    def indices(self) -> Tensor:
        generator = self.generator(torch.device("cpu"))
        ranks = torch.rand(len(self.keep), generator=generator) / self.keep
        drawn = ranks.argsort()[: self.rows]
        return drawn[torch.randperm(self.rows, generator=generator)]


def kept_share(counts: Tensor, threshold: float) -> Tensor:
    """Returns the probability √(threshold / frequency), at most 1, that a word is kept (Mikolov et al., 2013).

    Source: arXiv:1310.4546.

    Args:
        counts: (vocabulary,) of each word in the training texts.
        threshold: the frequency, a share of all words, above which words are thinned out.
    """
    frequencies = counts.double() / counts.sum()
    return (threshold / frequencies.clamp(min=1e-12)).sqrt().clamp(max=1).float()


class WordContexts(ResidentDataModule):
    """Rows are the words around a word (N, 2·window), 0 beyond the text; targets are the words themselves (N,).

    docs/configuration.md explains the settings; see also `TextSource` and `Cutter`.
    """

    def __init__(
        self,
        name: str,
        *,
        corpus: str | None,
        source: str,
        data_dir: str,
        folder: str,
        cache_dir: str | None,
        unit: str,
        user_dictionary: str | None,
        new_words: bool,
        stop_words: str,
        min_count: int,
        window: int,
        subsample: float | None,
        val_fraction: float,
        test_fraction: float,
        registry: str | None = None,
        embedded_texts: int = 4000,
        train_size: int | None = None,
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        self.dataset = name
        self.text_source = TextSource(source, corpus, user_path(data_dir) / folder, registry)
        self.cache_folder = cache_folder(cache_dir)
        self.cutter = Cutter(unit, user_dictionary, new_words)
        self.stop_words = stop_words
        self.min_count = min_count
        self.window = window
        self.subsample = subsample
        self.rules = Rules(val_fraction=val_fraction, test_fraction=test_fraction)
        self.embedded_texts = embedded_texts
        self.train_size = train_size

    def load(self) -> tuple[Spec, Mapping[str, ContextRows]]:
        left_out = stop_words(self.stop_words)
        words = chosen_words(self._tokens(), left_out, self.min_count, self.rules)
        rows = dict(zip(SPLITS, context_rows(words, self.window), strict=True))
        if self.train_size is not None:
            rows["train"] = rows["train"].first(self.train_size)
        size = len(words.vocabulary)
        print(f"{words.summary()} · {len(words.ids):,} words · vocabulary {size - 1:,}")
        self.example_option = f"nearest={words.vocabulary[1]}"
        vocabulary, counts = words.vocabulary, tuple(words.counts.tolist())
        spec = Spec(self.dataset, (2 * self.window,), size, "word", vocabulary=vocabulary, counts=counts)
        return spec, {name: split for name, split in rows.items() if len(split)}

    def read(self, source: Any) -> Inputs:
        raise UsageError(f"input={source}: word vectors take no input; use nearest=WORD or analogy=A-B+C")

    def order(self, split: Any, batch_size: int, shuffle: bool) -> EpochOrder:
        if not shuffle or self.subsample is None:
            return super().order(split, batch_size, shuffle)
        keep = kept_share(torch.tensor(self.spec.counts), self.subsample)
        return SubsampledOrder(keep[split.targets().cpu()], self.seed)

    def _tokens(self) -> Tokens:
        files = self.text_source.files()
        if not files:
            return self._numbered(sentences(self.embedded_texts))
        self.origin = "real"
        rules = f"{self.cutter.rules()} {self.rules.val_fraction} {self.rules.test_fraction}"
        return cached_tokens(files, self.cache_folder, rules, lambda: self._numbered(read_texts(files)))

    def _numbered(self, texts: Iterable[str]) -> Tokens:
        return number_words(texts, self.cutter.open(self.cache_folder), self.rules)
