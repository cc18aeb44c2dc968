"""Rows of tokens, cut from one flat array when a batch asks for them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lightlab.data.resident import EpochOrder, Split
from lightlab.losses import IGNORED

POOL = 50  # batches' worth of rows that are sorted by length among themselves


@dataclass(frozen=True)
class TokenRows:
    """Windows of texts: inputs (N, T) and the tokens that follow each, as targets (N, T).

    No window crosses a text's end. Where `whole`, windows follow each other through a text, the last one shorter, so
    that each token is a target once; rows are padded to the longest of their batch, with targets of -100. Else a window
    begins every `stride` tokens, and all have `window` tokens.

    Attributes:
        ids: (tokens,) as int16 or int32 of the same bits: torch has few operations on unsigned ones.
        starts: (texts,) of these texts in `ids`.
        lengths: (texts,) targets in each: one fewer than its tokens.
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
        """Of texts with `lengths` targets each; `stride` None gives whole texts."""
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
        """(rows,) targets of each."""
        return self._places(torch.arange(len(self), device=self.device))[1]

    def _places(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Where each row begins in `ids`, and how many targets it has."""
        text = torch.searchsorted(self.ends, index, right=True)
        before = torch.where(text > 0, self.ends[text - 1], 0)
        offset = (index - before) * self.stride
        return self.starts[text] + offset, (self.lengths[text] - offset).clamp(max=self.window)

    def _tokens(self, places: Tensor) -> Tensor:
        tokens = self.ids[places].long()
        return tokens & 0xFFFF if self.ids.dtype == torch.int16 else tokens


class LengthOrder(EpochOrder):
    """Batches of rows of nearly the same length, in random order; in the lengths' order where not shuffled.

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
