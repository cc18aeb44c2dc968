"""Saves before a run is stopped by Ctrl-C or SIGTERM."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from lightlab.callbacks.last_checkpoint import save_last
from lightlab.errors import LightlabError


class Interrupted(LightlabError):
    """The run was asked to stop, and has saved."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number


class Interruption(Checkpoint):
    """On the first signal the batch is finished, `last.ckpt` written, `Interrupted` raised; a second one ends at once.

    A signal within an epoch's last batch waits for validation. As a `Checkpoint` that stands after the others it runs
    when best.ckpt and early stopping have seen the epoch.
    """

    def __init__(self) -> None:
        self._signal: int | None = None
        self._before: dict[int, Any] = {}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """After Lightning has set its own, which would end the run at the next batch without saving."""
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._asked)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """And gives back Lightning's before Lightning gives back those of before it: else it stays, with its run."""
        self._give_back()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._give_back()

    def _give_back(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        # The gradients of a window that is not over would not be saved.
        window_is_over = (batch_idx + 1) % trainer.accumulate_grad_batches == 0
        if self._signal is not None and window_is_over and not trainer.is_last_batch:
            self._save_and_stop(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._signal is not None:
            self._save_and_stop(trainer)

    def _asked(self, number: int, frame: FrameType | None) -> None:
        if self._signal is not None:
            raise KeyboardInterrupt
        self._signal = number
        print("\nstopping: saving first (again to stop at once)", flush=True)

    def _save_and_stop(self, trainer: Trainer) -> None:
        assert self._signal is not None
        save_last(trainer)
        folder = Path(trainer.default_root_dir)
        name = signal.Signals(self._signal).name
        raise Interrupted(f"stopped by {name} and saved; go on with: python train.py resume={folder}", self._signal)
