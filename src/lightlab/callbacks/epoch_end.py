"""Ends a training epoch before any other callback looks at it."""

from __future__ import annotations

from lightning.pytorch import Callback, LightningModule, Trainer

from lightlab.callbacks.running import module_of


class EpochEnd(Callback):
    """Has the module log its training loss and step a plateau scheduler.

    It must stand first: Lightning runs a module's own `on_train_epoch_end` after the callbacks', and steps plateau
    schedulers after the checkpoint is written.
    """

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        module_of(pl_module).end_train_epoch()
