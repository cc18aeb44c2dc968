"""The base of all data modules of this project."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor

from lightlab.config.rules import Rule, problem_of
from lightlab.data.loader import ALONE, Augment, EpochOrder, ResidentLoader, Rows, Share
from lightlab.data.splits import Fold
from lightlab.errors import UsageError
from lightlab.spec import Spec

RAW_ROWS = 64  # that an exported graph is compared on


@dataclass(frozen=True)
class Inputs:
    """Rows to predict, as a user gave them.

    Attributes:
        names: one a row: a file's name, or the row's number.
        inputs: (N, …), as a `Split` stores them.
        targets: (N, …), if the rows carry labels.
        columns: shown beside the predictions, such as a table's features.
        index_name: the heading of `names`.
        photos: the files that the rows were read from, if each is a photo.
    """

    names: list[str]
    inputs: Tensor
    targets: Tensor | None = None
    columns: dict[str, list[Any]] | None = None
    index_name: str = "name"
    photos: list[Path] | None = None

    def __str__(self) -> str:
        return f"{len(self.names)} rows"


class ResidentDataModule(LightningDataModule):
    """Holds splits in memory. A subclass defines `load` and `read`, and `prepare` where it needs to.

    Attributes:
        spec: set by `setup`.
        splits: ``train``, and ``val`` and ``test`` if there are any.
        origin: ``real`` or ``embedded`` (synthetic); kept with the results.
        notes: what else the results record about the data.
        can_fold: whether `load` obeys `fold`.
        fold: the rows that test this run; set before `setup` in a cross-validation.
        share: which process this is, of those that train together; each reads batches of ``batch_size``.
        example_option: the option of predict.py that the end of a run suggests.
        state_form: the rules of what `state_dict` returns, by key; see `problem_of`.
    """

    spec: Spec
    origin: str = "embedded"
    can_fold = False
    fold: Fold | None = None
    share: Share = ALONE
    example_option: str
    state_form: ClassVar[Mapping[str, Rule]] = {}

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

    @abstractmethod
    def load(self) -> tuple[Spec, Mapping[str, Rows]]:
        """Reads the data; `setup` calls it once."""

    @abstractmethod
    def read(self, source: Any) -> Inputs:
        """Reads a user's input for a prediction; needs no `setup`, only `load_state_dict`.

        Raises:
            DataError: the input does not exist, or this data module cannot read it.
        """

    def state_problem(self, state: Any) -> str:
        """Returns what is wrong with a state before `load_state_dict` takes it; empty if it fits `spec` and itself."""
        return problem_of(state, self.state_form)

    def prepare(self, inputs: Tensor) -> Tensor:
        """Turns a batch of stored inputs into a float tensor for the network."""
        return inputs

    def raw_rows(self, source: Any = None) -> tuple[Tensor, Tensor]:
        """Returns up to `RAW_ROWS` rows as an exported graph takes them, and as the network does, (N, …) each.

        Args:
            source: as for `read`; None: rows of the run's own data. Either needs only `load_state_dict`.
        """
        stored = self._own_rows() if source is None else self.read(source).inputs[:RAW_ROWS]
        return stored, self.prepare(stored)

    def prepare_raw(self, inputs: Tensor) -> Tensor:
        """Turns rows as an exported graph takes them into a float tensor for the network, inside the graph."""
        return self.prepare(inputs)

    def raw_form(self) -> dict[str, Any]:
        """Returns what the user of an exported graph needs to know of its input, as plain values for JSON.

        Its ``input`` says what the numbers are, ``outside`` what the graph leaves to its user.
        """
        names = list(self.spec.input_names)
        return {"input": f"numbers{': ' if names else ''}{', '.join(names)}", "outside": ""}

    def _own_rows(self) -> Tensor:
        state = self.state_dict()
        try:
            _, splits = self.load()
        finally:
            self.load_state_dict(state)  # what the run has learnt, which loading may have learnt anew
        rows = next(splits[name] for name in ("test", "val", "train") if name in splits)
        return rows.take(torch.arange(min(RAW_ROWS, len(rows)))).inputs

    def order(self, split: Any, batch_size: int, shuffle: bool) -> EpochOrder:
        """Returns the order in which a split's rows are given."""
        return EpochOrder(len(split), self.seed, shuffle)

    def example(self) -> Tensor:
        """Returns two prepared rows, to try out and show the network with."""
        split = self.splits["train"]
        return self.prepare(split.take(torch.arange(min(2, len(split)))).inputs)

    def setup(self, stage: str | None = None) -> None:
        if not self.splits:
            self.spec, self.splits = self.load()

    def train_dataloader(self) -> ResidentLoader:
        split = self._on_device("train")
        together = self.batch_size * self.share.size
        # A last batch of one row is left out: batch norm would divide by its variance, which is 0.
        drop_last = self.drop_last or (len(split) > together and len(split) % together // self.share.size == 1)
        if len(split) < (together if drop_last else self.share.size):
            lower = "lower data.batch_size" if drop_last else "use fewer devices"
            cause = "data.drop_last leaves nothing of " if drop_last else ""
            batches = f"{together} rows" if drop_last else f"{self.share.size} devices"
            raise UsageError(f"{cause}{len(split)} training rows in batches of {batches}; {lower}")
        order = self.order(split, together, self.shuffle)
        return ResidentLoader(split, self.batch_size, order, self.prepare, self.augment, drop_last, self.share)

    def val_dataloader(self) -> ResidentLoader:
        return self._eval_loader("val")

    def test_dataloader(self) -> ResidentLoader:
        return self._eval_loader("test")

    def _eval_loader(self, name: str) -> ResidentLoader:
        split = self._on_device(name)
        if len(split) < self.share.size:
            raise UsageError(f"{len(split)} {name} rows for {self.share.size} devices; use fewer devices")
        order = self.order(split, self.eval_batch_size, shuffle=False)
        return ResidentLoader(split, self.eval_batch_size, order, self.prepare, share=self.share, complete=True)

    def _on_device(self, name: str) -> Any:
        device = self.trainer.strategy.root_device if self.trainer else torch.device("cpu")
        return self.splits[name].to(device)
