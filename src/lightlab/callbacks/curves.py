"""Draws the run's curves when training ends, also when it ends early."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from lightning.pytorch import LightningModule, Trainer

from lightlab.callbacks.looking import Looking
from lightlab.callbacks.pictures import are_drawn
from lightlab.figures.curves import draw_curves


class Curves(Looking):
    """Writes figures/curves.png from metrics.csv."""

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if are_drawn(trainer):
            _draw(trainer)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        with suppress(OSError):  # which may be what ended the run
            _draw(trainer)


def _draw(trainer: Trainer) -> None:
    folder = Path(trainer.default_root_dir)
    draw_curves(folder / "metrics.csv", folder / "figures" / "curves.png")
