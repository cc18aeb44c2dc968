"""Splits of pixels that lie in a file: more than memory would hold."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lightlab.data.resident import Split


@dataclass(frozen=True)
class MappedSplit(Split):
    """Some rows of a memory-mapped file, read when they are taken.

    Attributes:
        inputs: (M, …), all rows of the file; those of this split are given by `take` alone.
        targets: (N, …), of this split.
        rows: (N,), where in `inputs` this split's rows lie.
    """

    rows: Tensor

    def __post_init__(self) -> None:
        assert len(self.rows) == len(self.targets)

    def take(self, index: Tensor) -> Split:
        return Split(self.inputs.index_select(0, self.rows[index]), self.targets.index_select(0, index))

    def to(self, device: torch.device) -> Split:
        """Stays where it is: batches are moved one by one."""
        return self
