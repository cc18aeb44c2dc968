"""Keeps last.ckpt, which resume= goes on from."""

from __future__ import annotations

from pathlib import Path

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint


class LastCheckpoint(Checkpoint):
    """Writes checkpoints/last.ckpt every `every_n_epochs` epochs and after the last, however the run ends.

    Lightning's `ModelCheckpoint(save_last=True)` does so only when the best one has changed.
    """

    def __init__(self, every_n_epochs: int = 1) -> None:
        self.every_n_epochs = every_n_epochs

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        epoch = trainer.current_epoch + 1
        steps_done = 0 < trainer.max_steps <= trainer.global_step
        if epoch % self.every_n_epochs == 0 or epoch == trainer.max_epochs or steps_done or trainer.should_stop:
            save_last(trainer)


def save_last(trainer: Trainer) -> None:
    trainer.save_checkpoint(Path(trainer.default_root_dir) / "checkpoints" / "last.ckpt")
