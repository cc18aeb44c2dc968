"""Shows what the network will be fed, before it is."""

from __future__ import annotations

from functools import partial

from lightning.pytorch import LightningModule, Trainer
from torch import Tensor

from lightlab.callbacks.images_shown import as_seen
from lightlab.callbacks.looking import Looking
from lightlab.callbacks.pictures import keep_picture
from lightlab.callbacks.running import data_of
from lightlab.figures.inputs import inputs_figure
from lightlab.spec import Spec


class Inputs(Looking):
    """Writes figures/inputs.png: rows of the first training batch with their labels, augmented as in training.

    Does nothing where rows are tokens of a text, or a point on a surface.

    Args:
        most: how many rows are shown.
    """

    def __init__(self, most: int = 24) -> None:
        self.most = most

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.current_epoch:
            return  # resumed: the picture is there
        data = data_of(trainer)
        if data.spec.target not in ("number", "binary", "class"):
            return
        inputs, targets = (part[: self.most] for part in next(iter(data.train_dataloader())))
        inputs = as_seen(inputs, data) if inputs.ndim == 4 else inputs.float().cpu()
        draw = partial(inputs_figure, inputs, _restored(targets.cpu(), data.spec), data.spec)
        keep_picture(trainer, "train/inputs", draw)


def _restored(targets: Tensor, spec: Spec) -> Tensor:
    """In the unit of the data."""
    return spec.target_scale.restored(targets) if spec.target == "number" else targets
