"""Words with those around them, cut from one flat array when a batch asks for them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lightlab.data.resident import EpochOrder, Split
from lightlab.data.tokens import Tokens


@dataclass(frozen=True)
class ContextRows:
    """The words before and behind each word (N, 2·window), 0 beyond the text, and as targets the words (N,).

    Attributes:
        ids: (padded tokens,) int32, with `window` zeros before, between and behind the texts: no context crosses them.
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
        """The first so many of them."""
        return ContextRows(self.ids, self.places[:rows], self.window)

    def targets(self) -> Tensor:
        """(rows,) all of them."""
        return self.ids[self.places.long()].long()


def context_rows(tokens: Tokens, window: int) -> list[ContextRows]:
    """The rows of split 0, 1 and 2; they share one array of tokens."""
    lengths = np.diff(tokens.starts)
    text = np.repeat(np.arange(len(lengths), dtype=np.int32), lengths)
    places = np.arange(len(tokens.ids), dtype=np.int32) + window * (text + 1)
    ids = np.zeros(len(tokens.ids) + window * (len(lengths) + 1), np.int32)
    ids[places] = tokens.ids
    shared = torch.from_numpy(ids)
    split = tokens.splits[text]
    return [ContextRows(shared, torch.from_numpy(places[split == kind]), window) for kind in range(3)]


class SubsampledOrder(EpochOrder):
    """Each epoch sees other rows of frequent words: as many of them as `keep` adds up to.

    They are drawn by sequential Poisson sampling (Ohlsson, 1998): each row with nearly its probability, and always
    the same number of them, so that an epoch's length is known.

    Args:
        keep: (rows,) probability of each, in (0, 1].
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
    """The probability √(threshold / frequency), at most 1, that a word is kept (Mikolov et al., arXiv:1310.4546).

    Args:
        counts: (vocabulary,) how often each word stands in the training texts.
        threshold: the frequency, a share of all words, above which words are thinned out.
    """
    frequencies = counts.double() / counts.sum()
    return (threshold / frequencies.clamp(min=1e-12)).sqrt().clamp(max=1).float()
