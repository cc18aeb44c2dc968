"""Checkpoints: best and last, early stopping, random states, and saving on Ctrl-C."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint, EarlyStopping, ModelCheckpoint

from lightlab.callbacks.base import module_of
from lightlab.errors import LightlabError


class BestCheckpoint(ModelCheckpoint):
    """Keeps checkpoints/best.ckpt; its score outlives a move of the run's folder."""

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if module_of(pl_module).is_fresh(str(self.monitor)):
            super().on_train_epoch_end(trainer, pl_module)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """With the paths as they are now: Lightning would forget the best score when the folder has moved."""
        here = Path(str(self.dirpath))
        moved = {key: str(here / Path(state_dict[key]).name) if state_dict.get(key) else "" for key in _PATHS}
        best = {str(here / Path(path).name): score for path, score in state_dict["best_k_models"].items()}
        super().load_state_dict({**state_dict, **moved, "best_k_models": best, "dirpath": self.dirpath})


class FreshEarlyStopping(EarlyStopping):
    """`patience` counts validations, not epochs."""

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if module_of(pl_module).is_fresh(str(self.monitor)):
            super().on_train_epoch_end(trainer, pl_module)


_PATHS = ("best_model_path", "kth_best_model_path", "last_model_path")


class LastCheckpoint(Checkpoint):
    """Writes checkpoints/last.ckpt every `every_n_epochs` epochs and after the last, however the run ends.

    Lightning's `ModelCheckpoint(save_last=True)` does so only when the best one has changed.

    Args:
        seconds_between: of epochs that are shorter some are passed over, so that writing does not outweigh training.
    """

    def __init__(self, every_n_epochs: int = 1, seconds_between: float = 1.0) -> None:
        self.every_n_epochs = every_n_epochs
        self.seconds_between = seconds_between
        self._next = 0.0

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        epoch = trainer.current_epoch + 1
        steps_done = 0 < trainer.max_steps <= trainer.global_step
        if epoch == trainer.max_epochs or steps_done or trainer.should_stop:
            save_last(trainer)
        elif epoch % self.every_n_epochs == 0 and time.monotonic() >= self._next:
            save_last(trainer)
            self._next = time.monotonic() + self.seconds_between


def save_last(trainer: Trainer) -> None:
    trainer.save_checkpoint(Path(trainer.default_root_dir) / "checkpoints" / "last.ckpt")


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
            self._before[number] = signal.signal(number, self._on_signal)

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

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
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


class RandomStates(Callback):
    """Restores at the first batch: what Lightning does before it draws random numbers too."""

    def __init__(self) -> None:
        self._restore: dict[str, Any] | None = None

    def state_dict(self) -> dict[str, Any]:
        kind, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
        return {
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "python": random.getstate(),
            "numpy": (kind, np.asarray(keys).tolist(), int(position), int(has_gauss), float(gauss)),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._restore = state_dict

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if self._restore is None:
            return
        state, self._restore = self._restore, None
        torch.set_rng_state(state["torch"])
        if len(state["cuda"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(state["cuda"])
        random.setstate(state["python"])
        kind, keys, *rest = state["numpy"]
        np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))


class Record(Callback):
    """Plain containers under the key ``lightlab``, all loadable with `torch.load(weights_only=True)`.

    Args:
        config: resolved.
        spec: of the data, as `Spec.to_plain` gives it.
        preparation: the data module's state, such as means and class names.
    """

    def __init__(self, config: dict[str, Any], spec: dict[str, Any], preparation: dict[str, Any]) -> None:
        self.contents = {"format": 1, "config": config, "spec": spec, "preparation": preparation}

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint["lightlab"] = self.contents
