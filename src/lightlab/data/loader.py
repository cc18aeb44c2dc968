"""The loader: a whole split as tensors, one index a batch.

All data sets of this project fit in memory, where one index into a tensor takes a fifth of the time that
`torch.utils.data.DataLoader` takes to fetch and stack the same rows one by one. Larger ones are memory-mapped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from lightlab.errors import DataError

_APART = 10_000_019  # between the random numbers of two processes' batches
Augment = Callable[[Tensor, torch.Generator], Tensor]
Mix = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]


class Rows(Protocol):
    """What the loader cuts batches from: rows as they are stored, or made when they are taken."""

    @property
    def device(self) -> torch.device: ...

    def __len__(self) -> int: ...

    def take(self, index: Tensor) -> Split: ...

    def to(self, device: torch.device) -> Rows: ...


@dataclass(frozen=True)
class Split:
    """Rows of a data set: `inputs` as they are stored (images as uint8), `targets` one a row."""

    inputs: Tensor  # (N, …)
    targets: Tensor  # (N, …)

    def __post_init__(self) -> None:
        assert len(self.inputs) == len(self.targets)

    def __len__(self) -> int:
        return len(self.targets)

    @property
    def device(self) -> torch.device:
        return self.inputs.device

    def take(self, index: Tensor) -> Split:
        # index_select copies whole rows: several times faster than indexing by brackets.
        return Split(self.inputs.index_select(0, index), self.targets.index_select(0, index))

    def to(self, device: torch.device) -> Split:
        return Split(self.inputs.to(device), self.targets.to(device))


@dataclass(frozen=True)
class Share:
    """Which of the processes that train together takes the rows: together they read each batch, `size` times as large.

    In training the last batch is cut so that all get as many rows, since their gradients count the same; at most
    ``size - 1`` rows of an epoch are left out, others in the next. In evaluation no row is left out, and none is given
    twice: shares differ by a row, and rows that are fewer than processes join the batch before.
    """

    rank: int = 0
    size: int = 1

    def count(self, rows: int, batch_size: int, drop_last: bool, complete: bool) -> int:
        """Returns the number of batches of an epoch, the same for all processes.

        Args:
            drop_last: leave out a last batch that is not full.
            complete: leave out no row.
        """
        full, rest = divmod(rows, batch_size * self.size)
        more = rest >= self.size and not drop_last
        return max(full + more, int(complete and rows > 0))

    def place(self, batch: int, rows: int, batch_size: int, complete: bool) -> slice:
        """Returns where in an epoch's order this process's rows of a batch are."""
        together = batch_size * self.size
        stop = (batch + 1) * together
        if stop > rows:
            stop = rows if complete else rows - rows % together % self.size
        elif complete and rows - stop < self.size:
            stop = rows
        return slice(batch * together + self.rank, stop, self.size)


ALONE = Share()


class EpochOrder:
    """The order of the rows: a function of (seed, epoch) alone, so that a resumed run sees the same batches.

    Lightning calls `set_epoch` on a loader's `sampler` before each epoch.
    """

    def __init__(self, rows: int, seed: int, shuffle: bool) -> None:
        self.rows = rows
        self.seed = seed
        self.shuffle = shuffle
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def indices(self) -> Tensor:
        if not self.shuffle:
            return torch.arange(self.rows)
        return torch.randperm(self.rows, generator=self.generator(torch.device("cpu")))

    def generator(self, device: torch.device, batch: int = 0) -> torch.Generator:
        """Returns a generator that depends on (seed, epoch, batch) alone."""
        seed = (self.seed * 1_000_003 + self.epoch) * 1_000_003 + batch
        return torch.Generator(device).manual_seed(seed % 2**63)


class ResidentLoader:
    """Yields ``(inputs, targets)``, prepared and on the split's device; sized, and resumable within an epoch.

    Args:
        prepare: stored inputs → what the network takes, such as uint8 → float.
        augment: random changes to a prepared batch.
        drop_last: leave out a last batch that is not full.
        share: which process this is, of those that train together.
        complete: leave out no row where several processes share them, as in evaluation.
    """

    def __init__(
        self,
        split: Rows,
        batch_size: int,
        order: EpochOrder,
        prepare: Callable[[Tensor], Tensor],
        augment: Augment | None = None,
        drop_last: bool = False,
        share: Share = ALONE,
        complete: bool = False,
    ) -> None:
        self.split = split
        self.batch_size = batch_size
        self.sampler = order
        self.batch_sampler = None  # Lightning reads it from any loader that has a sampler
        self.prepare = prepare
        self.augment = augment
        self.drop_last = drop_last
        self.share = share
        self.complete = complete
        self.mix: Mix | None = None  # random changes to inputs and targets together
        self._first_batch = 0  # of the next epoch to be iterated: not 0 only after load_state_dict
        self._batches_given = 0

    def __len__(self) -> int:
        return self.share.count(self.sampler.rows, self.batch_size, self.drop_last, self.complete)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        device = self.split.device
        order = self.sampler.indices().to(device)
        first, self._first_batch = self._first_batch, 0
        for batch in range(first, len(self)):
            place = self.share.place(batch, len(order), self.batch_size, self.complete)
            rows = self.split.take(order[place])
            inputs, targets = self.prepare(rows.inputs), rows.targets
            if self.augment is not None or self.mix is not None:
                generator = self.sampler.generator(device, batch + 1 + self.share.rank * _APART)
                inputs = inputs if self.augment is None else self.augment(inputs, generator)
                inputs, targets = (inputs, targets) if self.mix is None else self.mix(inputs, targets, generator)
            self._batches_given = batch + 1
            yield inputs, targets

    def state_dict(self) -> dict[str, int]:
        processes = {"processes": self.share.size} if self.share.size > 1 else {}
        return {"batch": self._batches_given % max(1, len(self))} | processes

    def load_state_dict(self, state: dict[str, int]) -> None:
        processes = state.get("processes", 1)
        if state["batch"] and processes != self.share.size:
            raise DataError(
                f"the run was stopped within an epoch on {processes} device{'s' * (processes > 1)}, whose batches are "
                f"others on {self.share.size}; go on with trainer.devices={processes}"
            )
        if state["batch"] not in range(max(1, len(self))):
            raise DataError(f"batch {state['batch']} of an epoch with {len(self)}: the data is another than before")
        self._first_batch = self._batches_given = state["batch"]


@dataclass(frozen=True)
class MappedSplit(Split):
    """Some rows of a memory-mapped file, read when they are taken.

    Attributes:
        inputs: (M, …), all rows of the file.
        targets: (N, …), of this split.
        rows: (N,), the places of this split's rows in `inputs`.
    """

    rows: Tensor

    def __post_init__(self) -> None:
        assert len(self.rows) == len(self.targets)

    def take(self, index: Tensor) -> Split:
        return Split(self.inputs.index_select(0, self.rows[index]), self.targets.index_select(0, index))

    def to(self, device: torch.device) -> Split:
        """Stays where it is: batches are moved one by one."""
        return self
