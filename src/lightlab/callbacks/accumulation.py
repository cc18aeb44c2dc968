"""Accumulation of gradients over a number of batches that changes from epoch to epoch."""

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import GradientAccumulationScheduler

from lightlab.errors import UsageError, shortened


class Accumulation(GradientAccumulationScheduler):
    """Lightning's `GradientAccumulationScheduler`, which also holds where a run is resumed within an epoch.

    Args:
        scheduling: for the epochs, from 0, from which they hold, the batches whose gradients are added for one step.
    """

    def __init__(self, scheduling: dict[int, int] | None) -> None:
        epochs = scheduling or {}
        if not epochs or not all(isinstance(epoch, int) and epoch >= 0 for epoch in epochs):
            raise UsageError(
                f"callbacks.accumulation.scheduling={shortened(scheduling)}: must give the batches of a step for the "
                "epochs from which they hold, 0 the first, such as {0: 8, 4: 2}"
            )
        super().__init__(dict(epochs))

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        super().on_train_start(trainer, pl_module)
        trainer.accumulate_grad_batches = self.get_accumulate_grad_batches(trainer.current_epoch)
