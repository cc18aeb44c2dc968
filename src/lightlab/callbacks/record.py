"""Puts into each checkpoint what prediction needs, so that a checkpoint alone is enough."""

from __future__ import annotations

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer


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
