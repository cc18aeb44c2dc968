"""Accumulation of gradients over a number of batches that changes from epoch to epoch."""

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import GradientAccumulationScheduler


class Accumulation(GradientAccumulationScheduler):
    """Lightning's `GradientAccumulationScheduler`, which also holds where a run is resumed within an epoch.

    Args:
        scheduling: for the epochs, from 0, from which they hold, the batches whose gradients are added for one step.
    """

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        super().on_train_start(trainer, pl_module)
        trainer.accumulate_grad_batches = self.get_accumulate_grad_batches(trainer.current_epoch)
