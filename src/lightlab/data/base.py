"""What every data module of this project has in common."""

from __future__ import annotations

import shlex
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor

from lightlab.data.loader import Augment, EpochOrder, ResidentLoader, Rows
from lightlab.data.splits import Fold
from lightlab.errors import UsageError
from lightlab.spec import Spec


@dataclass(frozen=True)
class Inputs:
    """What a user hands to predict.

    Attributes:
        names: one a row, for the table: a file's name, a row's number.
        inputs: (N, …), prepared for the network.
        targets: (N,), where the input carries labels.
        columns: shown beside the predictions, such as a table's features.
        index_name: the heading of `names`.
        photos: the files that the rows were read from, where each is one.
    """

    names: list[str]
    inputs: Tensor
    targets: Tensor | None = None
    columns: dict[str, list[Any]] | None = None
    index_name: str = "name"
    photos: list[Path] | None = None


class ResidentDataModule(LightningDataModule):
    """Splits held in memory. A kind of data defines `load`, and `prepare` and `read` where it needs to.

    Attributes:
        spec: known after `setup`.
        splits: ``train``, and ``val`` and ``test`` where there are any.
        origin: ``real`` or ``embedded``; kept with the results.
        notes: what else the results record about the data.
        can_fold: whether `load` obeys `fold`.
        fold: set before `setup` in a cross-validation: which rows this run is tested on.
    """

    spec: Spec
    origin: str = "embedded"
    can_fold = False
    fold: Fold | None = None

    def __init__(
        self, *, seed: int, batch_size: int, eval_batch_size: int = 1000, shuffle: bool = True, drop_last: bool = False
    ) -> None:
        super().__init__()
        self.seed = seed
        self.batch_size = batch_size
        self.eval_batch_size = eval_batch_size
        self.shuffle = shuffle
        self.drop_last = drop_last
        self.augment: Augment | None = None
        self.splits: Mapping[str, Any] = {}  # of Rows
        self.notes: dict[str, str] = {}

    @property
    @abstractmethod
    def example_input(self) -> str:
        """What the end of a run suggests to predict."""

    @property
    def example_option(self) -> str:
        """The option of predict.py that the end of a run suggests."""
        return f"input={shlex.quote(self.example_input)}"

    @abstractmethod
    def load(self) -> tuple[Spec, Mapping[str, Rows]]:
        """Reads the data: called once, by `setup`."""

    @abstractmethod
    def read(self, source: Any) -> Inputs:
        """What a user wants predictions for, prepared; needs no `setup`, only `load_state_dict`.

        Raises:
            DataError: the input is not there, or not what this data module can read.
        """

    def prepare(self, inputs: Tensor) -> Tensor:
        """Stored inputs → float tensor for the network, batch by batch."""
        return inputs

    def order(self, split: Any, batch_size: int, shuffle: bool) -> EpochOrder:
        """The order that a split's rows are given in."""
        return EpochOrder(len(split), self.seed, shuffle)

    def example(self) -> Tensor:
        """Two prepared rows, to show the network with."""
        split = self.splits["train"]
        return self.prepare(split.take(torch.arange(min(2, len(split)))).inputs)

    def setup(self, stage: str | None = None) -> None:
        if not self.splits:
            self.spec, self.splits = self.load()

    def train_dataloader(self) -> ResidentLoader:
        split = self._on_device("train")
        # A batch of one row has no variance for batch norm to divide by, so a last one is left out.
        drop_last = self.drop_last or (len(split) > self.batch_size and len(split) % self.batch_size == 1)
        if drop_last and len(split) < self.batch_size:
            raise UsageError(
                f"data.drop_last leaves nothing of {len(split)} training rows in batches of {self.batch_size}; "
                "lower data.batch_size"
            )
        order = self.order(split, self.batch_size, self.shuffle)
        return ResidentLoader(split, self.batch_size, order, self.prepare, self.augment, drop_last)

    def val_dataloader(self) -> ResidentLoader:
        return self._eval_loader("val")

    def test_dataloader(self) -> ResidentLoader:
        return self._eval_loader("test")

    def _eval_loader(self, name: str) -> ResidentLoader:
        split = self._on_device(name)
        order = self.order(split, self.eval_batch_size, shuffle=False)
        return ResidentLoader(split, self.eval_batch_size, order, self.prepare)

    def _on_device(self, name: str) -> Any:
        device = self.trainer.strategy.root_device if self.trainer else torch.device("cpu")
        return self.splits[name].to(device)
