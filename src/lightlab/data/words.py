"""Words and those around them, of any Chinese text: what word vectors are learnt from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from lightlab.cache_folder import cache_folder
from lightlab.data.base import Inputs, ResidentDataModule
from lightlab.data.contexts import ContextRows, SubsampledOrder, context_rows, kept_share
from lightlab.data.corpus import read_texts
from lightlab.data.cutting import Cutter
from lightlab.data.resident import EpochOrder
from lightlab.data.sentences import sentences
from lightlab.data.stop_words import stop_words
from lightlab.data.text_source import TextSource
from lightlab.data.token_cache import cached_tokens
from lightlab.data.tokens import Rules, Tokens
from lightlab.data.word_tokens import Words, chosen_words, number_words
from lightlab.errors import UsageError
from lightlab.spec import Spec


class WordContexts(ResidentDataModule):
    """Rows are the words around a word (N, 2·window), 0 beyond the text; targets are the words themselves (N,).

    Args:
        corpus: a text file, a folder or a pattern, one text a line or chinese-poetry's JSON; None for
            `data_dir`/folder.
        source: ``auto`` (the corpus; else download it; else embedded sentences, said loudly), ``files`` or
            ``embedded``.
        repository: url, commit and files of a git repository that they can be downloaded from.
        embedded_texts: how many sentences the embedded grammar makes.
        unit, user_dictionary, new_words: see `lightlab.data.cutting.Cutter`.
        stop_words: ``builtin``, ``none``, or a file of words to leave out.
        min_count: words that are rarer in the training texts are left out.
        window: words on each side.
        subsample: the share of all words above which a frequent word is thinned out; None for never.
        val_fraction, test_fraction: shares of the texts, in [0, 1), cut off by a hash of each.
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
        repository: Mapping[str, Any] | None = None,
        embedded_texts: int = 4000,
        train_size: int | None = None,
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        self.dataset = name
        self.text_source = TextSource(source, corpus, Path(data_dir).expanduser() / folder, repository)
        self.cache_folder = cache_folder(cache_dir)
        self.cutter = Cutter(unit, user_dictionary, new_words)
        self.stop_words = stop_words
        self.min_count = min_count
        self.window = window
        self.subsample = subsample
        self.rules = Rules(val_fraction=val_fraction, test_fraction=test_fraction)
        self.embedded_texts = embedded_texts
        self.train_size = train_size

    @property
    def example_input(self) -> str:
        return ""

    @property
    def example_option(self) -> str:
        return f"nearest={self.spec.vocabulary[1]}"

    def load(self) -> tuple[Spec, Mapping[str, ContextRows]]:
        left_out = stop_words(self.stop_words)
        words = chosen_words(self._tokens(), left_out, self.min_count, self.rules)
        rows = dict(zip(("train", "val", "test"), context_rows(words, self.window), strict=True))
        if self.train_size is not None:
            rows["train"] = rows["train"].first(self.train_size)
        print(_summary(words))
        size = len(words.vocabulary)
        vocabulary, counts = words.vocabulary, tuple(words.counts.tolist())
        spec = Spec(self.dataset, (2 * self.window,), size, "word", vocabulary=vocabulary, counts=counts)
        return spec, {name: split for name, split in rows.items() if len(split)}

    def read(self, source: Any) -> Inputs:
        raise UsageError(f"input={source}: word vectors answer nearest=WORD and analogy=A-B+C")

    def order(self, split: Any, batch_size: int, shuffle: bool) -> EpochOrder:
        if not shuffle or self.subsample is None:
            return super().order(split, batch_size, shuffle)
        keep = kept_share(torch.tensor(self.spec.counts), self.subsample)
        return SubsampledOrder(keep[split.targets().cpu()], self.seed)

    def _tokens(self) -> Tokens:
        files = self.text_source.files("sentences that a grammar makes")
        if not files:
            return self._numbered(sentences(self.embedded_texts))
        self.origin = "real"
        rules = f"{self.cutter.rules()} {self.rules.val_fraction} {self.rules.test_fraction}"
        return cached_tokens(files, self.cache_folder, rules, lambda: self._numbered(read_texts(files)))

    def _numbered(self, texts: Iterable[str]) -> Tokens:
        return number_words(texts, self.cutter.open(self.cache_folder), self.rules)


def _summary(words: Words) -> str:
    counts = ", ".join(f"{int((words.splits == kind).sum()):,} {name}" for kind, name in enumerate(_SPLITS))
    return f"{counts} texts · {len(words.ids):,} words · vocabulary {len(words.vocabulary) - 1:,}"


_SPLITS = ("train", "val", "test")
