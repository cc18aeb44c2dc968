"""The data module of language models: rows of tokens, cut from one flat array batch by batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lightlab.data.base import Inputs, ResidentDataModule
from lightlab.data.cache import cache_folder
from lightlab.data.loader import EpochOrder, Rows, Split
from lightlab.data.synthetic.verse import couplets
from lightlab.data.text.corpus import TextSource, read_texts
from lightlab.data.text.tokens import MARKS, SPLITS, TRAIN, Rules, Tokens, cached_tokens, tokenize
from lightlab.errors import DataError, UsageError
from lightlab.files import user_path
from lightlab.spec import IGNORED, Spec

POOL = 50  # batches' worth of rows that are sorted by length among themselves


@dataclass(frozen=True)
class TokenRows:
    """Windows of texts: inputs (N, T) and, as targets (N, T), the tokens that follow them.

    No window crosses a text's end. Without a stride, windows follow each other through a text, the last one shorter,
    so that each token is a target once; rows are padded to the longest of their batch, with targets of -100. Else a
    window of exactly `window` tokens begins every `stride` tokens.

    Attributes:
        ids: (tokens,) as int16 or int32 of the same bits: torch has few operations on unsigned integers.
        starts: (texts,) of these texts in `ids`.
        lengths: (texts,) targets in each text: one fewer than its tokens.
        ends: (texts,) the running sum of the texts' windows.
    """

    ids: Tensor
    starts: Tensor
    lengths: Tensor
    ends: Tensor
    window: int
    stride: int

    @classmethod
    def of(cls, ids: Tensor, starts: Tensor, lengths: Tensor, window: int, stride: int | None) -> TokenRows:
        """Counts the windows of texts with `lengths` targets; `stride` None gives whole texts."""
        if stride is None:
            counts = -(lengths // -window)
        else:
            counts = torch.where(lengths >= window, (lengths - window) // stride + 1, 0)
        return cls(ids, starts, lengths, counts.cumsum(0), window, stride or window)

    @property
    def device(self) -> torch.device:
        return self.ids.device

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    def to(self, device: torch.device) -> TokenRows:
        ids, starts, lengths, ends = (part.to(device) for part in (self.ids, self.starts, self.lengths, self.ends))
        return TokenRows(ids, starts, lengths, ends, self.window, self.stride)

    def take(self, index: Tensor) -> Split:
        starts, lengths = self._places(index)
        steps = torch.arange(int(lengths.max()), device=self.device)
        places = starts[:, None] + steps  # (N, T)
        padded = steps >= lengths[:, None]
        places[padded] = 0
        inputs = self._tokens(places).masked_fill_(padded, 0)
        return Split(inputs, self._tokens(places + 1).masked_fill_(padded, IGNORED))

    def row_lengths(self) -> Tensor:
        """Returns the number of targets in each row, (rows,)."""
        return self._places(torch.arange(len(self), device=self.device))[1]

    def _places(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Returns where each row begins in `ids`, and how many targets it has."""
        text = torch.searchsorted(self.ends, index, right=True)
        before = torch.where(text > 0, self.ends[text - 1], 0)
        offset = (index - before) * self.stride
        return self.starts[text] + offset, (self.lengths[text] - offset).clamp(max=self.window)

    def _tokens(self, places: Tensor) -> Tensor:
        tokens = self.ids[places].long()
        return tokens & 0xFFFF if self.ids.dtype == torch.int16 else tokens


class LengthOrder(EpochOrder):
    """Batches of rows of nearly the same length, in random order; sorted by length if not shuffled.

    Args:
        lengths: (rows,).
    """

    def __init__(self, lengths: Tensor, batch_size: int, seed: int, shuffle: bool) -> None:
        super().__init__(len(lengths), seed, shuffle)
        self.lengths = lengths.cpu()
        self.batch_size = batch_size

    def indices(self) -> Tensor:
        if not self.shuffle:
            return self.lengths.argsort(stable=True)
        generator = self.generator(torch.device("cpu"))
        order = torch.randperm(self.rows, generator=generator)
        pool = torch.arange(self.rows) // (POOL * self.batch_size)
        key = pool * (int(self.lengths.max()) + 1) + self.lengths[order]
        order = order[key.argsort(stable=True)]
        full = self.rows // self.batch_size
        batches = order[: full * self.batch_size].view(full, self.batch_size)
        batches = batches[torch.randperm(full, generator=generator)]
        return torch.cat([batches.flatten(), order[full * self.batch_size :]])


class Poems(ResidentDataModule):
    """Rows of tokens (N, T) and, as targets, the tokens that follow them; texts are held out whole.

    docs/configuration.md explains the settings; see also `TextSource` and `Rules`.
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
        registry: str | None = None,
        embedded_poems: int = 4000,
        train_size: int | None = None,
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        self.dataset = name
        self.text_source = TextSource(source, corpus, user_path(data_dir) / name, registry)
        self.cache_dir = cache_dir
        self.window = window
        self.stride = stride
        self.rules = Rules(**rules)
        self.embedded_poems = embedded_poems
        self.train_size = train_size

    def load(self) -> tuple[Spec, Mapping[str, Rows]]:
        tokens = self._tokens()
        ids = torch.from_numpy(tokens.ids.view(np.int16 if tokens.ids.dtype == np.uint16 else np.int32))
        starts = torch.from_numpy(tokens.starts)
        splits = {name: self._rows(tokens, ids, starts, kind) for name, kind in SPLITS.items()}
        print(f"{tokens.summary()} · {len(ids):,} tokens · vocabulary {len(tokens.vocabulary):,}")
        first = next(token for token in tokens.vocabulary if len(token) == 1 and token not in MARKS)
        self.example_option = f"start={first}"
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
        files = self.text_source.files()
        if files:
            self.origin = "real"
            return cached_tokens(
                files, cache_folder(self.cache_dir), repr(self.rules), lambda: tokenize(read_texts(files), self.rules)
            )
        return tokenize(couplets(self.embedded_poems), self.rules)
