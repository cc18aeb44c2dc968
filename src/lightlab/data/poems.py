"""Poems, or whatever text, one a line: what a language model learns from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lightlab.cache_folder import cache_folder
from lightlab.data.base import Inputs, ResidentDataModule
from lightlab.data.corpus import read_texts
from lightlab.data.couplets import couplets
from lightlab.data.resident import Rows
from lightlab.data.rows import LengthOrder, TokenRows
from lightlab.data.text_source import TextSource
from lightlab.data.token_cache import cached_tokens
from lightlab.data.tokens import MARKS, TEST, TRAIN, VAL, Rules, Tokens, tokenize
from lightlab.errors import DataError, UsageError
from lightlab.spec import Spec


class Poems(ResidentDataModule):
    """Rows of tokens (N, T) and, as targets, the tokens that follow them; texts are held out whole.

    Args:
        corpus: a text file, a folder or a pattern, one text a line or chinese-poetry's JSON; None for `data_dir`/name.
        source: ``auto`` (the corpus; else download it; else embedded verse, said loudly), ``files`` or ``embedded``.
        repository: url, commit and files of a git repository that they can be downloaded from.
        embedded_poems: how many poems the embedded grammar makes.
        window: tokens of a row at most.
        stride: None gives whole texts, in rows of like length; a number, windows that begin every so many tokens.
        train_size: texts to train on; None for all.
        rules: see `lightlab.data.tokens.Rules`.
    """

    def __init__(
        self,
        name: str,
        *,
        corpus: str | None,
        source: str,
        data_dir: str,
        cache_dir: str | None,
        window: int,
        stride: int | None,
        rules: Mapping[str, Any],
        repository: Mapping[str, Any] | None = None,
        embedded_poems: int = 4000,
        train_size: int | None = None,
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        self.dataset = name
        self.text_source = TextSource(source, corpus, Path(data_dir).expanduser() / name, repository)
        self.cache_dir = cache_dir
        self.window = window
        self.stride = stride
        self.rules = Rules(**rules)
        self.embedded_poems = embedded_poems
        self.train_size = train_size

    @property
    def example_input(self) -> str:
        return ""  # it takes none

    @property
    def example_option(self) -> str:
        return f"start={next(token for token in self.spec.vocabulary if len(token) == 1 and token not in MARKS)}"

    def load(self) -> tuple[Spec, Mapping[str, Rows]]:
        tokens = self._tokens()
        ids = torch.from_numpy(tokens.ids.view(np.int16 if tokens.ids.dtype == np.uint16 else np.int32))
        starts = torch.from_numpy(tokens.starts)
        splits = {name: self._rows(tokens, ids, starts, kind) for name, kind in _SPLITS.items()}
        counts = ", ".join(f"{int((tokens.splits == kind).sum()):,} {name}" for name, kind in _SPLITS.items())
        print(f"{counts} texts · {len(ids):,} tokens · vocabulary {len(tokens.vocabulary):,}")
        spec = Spec(self.dataset, (self.window,), len(tokens.vocabulary), "token", vocabulary=tokens.vocabulary)
        return spec, {name: rows for name, rows in splits.items() if rows is not None}

    def read(self, source: Any) -> Inputs:
        raise UsageError(f"input={source}: a language model continues a start; give start=")

    def order(self, split: Any, batch_size: int, shuffle: bool) -> LengthOrder:
        return LengthOrder(split.row_lengths(), batch_size, self.seed, shuffle)

    def _rows(self, tokens: Tokens, ids: Tensor, starts: Tensor, kind: int) -> TokenRows | None:
        chosen = torch.from_numpy(np.flatnonzero(tokens.splits == kind))
        if kind == TRAIN:
            chosen = chosen[: self.train_size]
        if not len(chosen):
            return None
        first = starts[chosen]
        rows = TokenRows.of(ids, first, starts[chosen + 1] - first - 1, self.window, self.stride)
        if not len(rows):
            raise DataError(
                f"none of {len(chosen):,} texts has the {self.window + 1} tokens that a window and its last target "
                f"take; lower data.window={self.window}, or set data.stride=null for whole texts"
            )
        return rows

    def _tokens(self) -> Tokens:
        files = self.text_source.files("verse that a grammar makes")
        if files:
            self.origin = "real"
            return cached_tokens(
                files, cache_folder(self.cache_dir), repr(self.rules), lambda: tokenize(read_texts(files), self.rules)
            )
        return tokenize(couplets(self.embedded_poems), self.rules)


_SPLITS = {"train": TRAIN, "val": VAL, "test": TEST}
