"""Checkpoints: best and last, their contents, early stopping, and saving on Ctrl-C."""

import random
import signal
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint, EarlyStopping, ModelCheckpoint

from lightlab.callbacks.monitoring import is_fresh
from lightlab.errors import LightlabError
from lightlab.runs.contents import is_plain
from lightlab.runs.overrides import program

_HYPER_PARAMETERS = LightningModule.CHECKPOINT_HYPER_PARAMS_KEY


class BestCheckpoint(ModelCheckpoint):
    """Keeps checkpoints/best.ckpt; its score survives a move of the run's folder."""

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.monitor is None or is_fresh(trainer, self.monitor):
            super().on_train_epoch_end(trainer, pl_module)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Moves the paths to this folder first: Lightning would forget the best score with a path that has changed."""

        def moved(path: str) -> str:
            return str(Path(str(self.dirpath)) / Path(path).name) if path else ""

        paths = ("best_model_path", "kth_best_model_path", "last_model_path")
        super().load_state_dict(
            state_dict
            | {key: moved(state_dict.get(key, "")) for key in paths}
            | {"best_k_models": {moved(path): score for path, score in state_dict["best_k_models"].items()}}
            | {"dirpath": self.dirpath}
        )


class ValidationEarlyStopping(EarlyStopping):
    """`patience` counts validations, not epochs."""

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if is_fresh(trainer, self.monitor):
            super().on_train_epoch_end(trainer, pl_module)


class LastCheckpoint(Checkpoint):
    """Writes checkpoints/last.ckpt every `every_n_epochs` epochs and after the last one, however the run ends.

    Lightning's `ModelCheckpoint(save_last=True)` does so only when the best one has changed.

    Args:
        seconds_between: shorter epochs are skipped, so that writing does not take longer than training.
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
        elif epoch % self.every_n_epochs == 0 and trainer.strategy.broadcast(time.monotonic() >= self._next):
            save_last(trainer)
            self._next = time.monotonic() + self.seconds_between


def save_last(trainer: Trainer) -> None:
    trainer.save_checkpoint(Path(trainer.default_root_dir) / "checkpoints" / "last.ckpt")


class Interrupted(LightlabError):
    """A signal stopped the run, which has been saved."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number


class SaveOnSignal(Checkpoint):
    """Finishes the batch at the first SIGINT or SIGTERM, writes last.ckpt and raises `Interrupted`.

    A second signal stops the run at once. A signal within an epoch's last batch waits for validation. It is a
    `Checkpoint`, and stands after the others, so that best.ckpt and early stopping have seen the epoch.
    """

    def __init__(self) -> None:
        self._signal: int | None = None
        self._handlers_before: dict[int, Any] = {}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Replaces Lightning's handlers, which would end the run at the next batch without saving."""
        if threading.current_thread() is not threading.main_thread():
            return  # Python hands signals to the main thread alone
        for number in (signal.SIGINT, signal.SIGTERM):
            self._handlers_before[number] = signal.signal(number, self._on_signal)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Restores Lightning's signal handlers first; otherwise they would keep this run alive."""
        self._restore_handlers()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._restore_handlers()

    def _restore_handlers(self) -> None:
        for number, handler in self._handlers_before.items():
            signal.signal(number, handler)
        self._handlers_before.clear()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.is_last_batch or (self._signal is None and trainer.world_size == 1):
            return
        if (batch_idx + 1) % trainer.accumulate_grad_batches == 0:  # else its gradients would not be saved
            self._stop_if_told(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._stop_if_told(trainer)

    def _stop_if_told(self, trainer: Trainer) -> None:
        """Stops all processes where one of them has had a signal."""
        if trainer.world_size > 1:
            number = torch.tensor(self._signal or 0, device=trainer.strategy.root_device)
            self._signal = int(trainer.strategy.reduce(number, reduce_op="max")) or None
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
        name, folder = signal.Signals(self._signal).name, trainer.default_root_dir
        raise Interrupted(f"stopped by {name} and saved; go on with: {program()} resume={folder}", self._signal)


class SaveRandomStates(Callback):
    """Saves the states of the random generators, and restores them at the first batch.

    Restoring earlier would be undone: Lightning draws random numbers before the first batch.

    Args:
        before_loading: also restore them before the training loader is iterated, as the loader draws its order from
            them: a `DataLoader` does so when an epoch begins. Within an epoch its place cannot be restored.

    Attributes:
        are_restored: whether the first batch has begun, with the states of the checkpoint if there is one.
    """

    def __init__(self, before_loading: bool = False) -> None:
        self.before_loading = before_loading
        self._epoch_is_over = False
        self._loaded: dict[str, Any] | None = None
        self.are_restored = False

    def state_dict(self) -> dict[str, Any]:
        kind, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
        return {
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "python": random.getstate(),
            "numpy": (kind, np.asarray(keys).tolist(), int(position), int(has_gauss), float(gauss)),
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self._loaded = state_dict

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        self._epoch_is_over = checkpoint.get("epoch_is_over", False)

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.before_loading and self._epoch_is_over:
            self._restore()

    def on_train_batch_start(self, *_: Any) -> None:
        self._restore()
        self.are_restored = True

    def _restore(self) -> None:
        if self._loaded is None:
            return
        state, self._loaded = self._loaded, None
        torch.set_rng_state(state["torch"])
        if len(state["cuda"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(state["cuda"])
        random.setstate(state["python"])
        kind, keys, *rest = state["numpy"]
        np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))


class SaveConfig(Callback):
    """Saves what prediction needs under the key ``lightlab``: plain containers, for `torch.load(weights_only=True)`.

    Hyperparameters that such a checkpoint cannot hold, such as a function or a path, are left out of it.

    Args:
        config: resolved.
        spec: of the data, as `Spec.to_plain` gives it; empty for data without one.
        preparation: the state of lightlab's own data modules, such as means and class names; else empty.
    """

    def __init__(self, config: dict[str, Any], spec: dict[str, Any], preparation: dict[str, Any]) -> None:
        self.config = config
        self.contents = {"format": 1, "config": config, "spec": spec, "preparation": preparation}

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint["lightlab"] = self.contents
        checkpoint["stopped"] = trainer.should_stop
        checkpoint["epoch_is_over"] = trainer.is_last_batch
        if (given := checkpoint.get(_HYPER_PARAMETERS)) is not None:
            checkpoint[_HYPER_PARAMETERS] = {name: value for name, value in given.items() if is_plain(value)}
            checkpoint.pop(LightningModule.CHECKPOINT_HYPER_PARAMS_TYPE, None)
